import type { Mechanism } from '#contracts/retention-mechanisms.js';

/** Result of one retention check of a process or its Redis; it may be published. */
export interface RetentionFact {
  /** Name of the check. */
  fact: string;
  /** Mechanism that the check belongs to. */
  mechanism: Mechanism;
  /** What was found, without user data. */
  found: string;
  /** True when the check passed. */
  holds: boolean;
  /** Consequence of a failure. */
  closes: string;
}

/** A fact with its time, RFC 3339. */
export interface CheckedFact extends RetentionFact {
  checkedAt: string;
}

/** Adds the present time to facts. */
export function checkedNow(facts: readonly RetentionFact[]): CheckedFact[] {
  const checkedAt = new Date().toISOString();
  return facts.map((fact) => ({ ...fact, checkedAt }));
}

/** Failed checks, one line each. */
export const faultsOf = (facts: readonly RetentionFact[]): string[] =>
  facts.filter(({ holds }) => !holds).map(({ fact, found, closes }) => `${fact} is ${found}: ${closes}`);

/** A retention check failed. */
export class RetentionGuardError extends Error {
  override readonly name = 'RetentionGuardError';

  constructor(faults: readonly string[]) {
    const list = faults.map((fault) => `  - ${fault}`).join('\n');
    super(
      `Images could be kept here; mend this, or set RETENTION_GUARD=warn on a development machine:\n${list}`,
    );
  }
}

/**
 * Enforces the retention checks.
 * @returns failed checks, in mode `warn`
 * @throws RetentionGuardError with each failed check
 */
export function requireRetention(facts: readonly RetentionFact[], mode: 'enforce' | 'warn'): string[] {
  const faults = faultsOf(facts);
  if (faults.length > 0 && mode === 'enforce') throw new RetentionGuardError(faults);
  return faults;
}
