/** One thing that was checked about a process or its Redis, fit to be published. */
export interface RetentionFact {
  /** What was looked at. */
  fact: string;
  /** What was found; never anything of a user. */
  found: string;
  /** Whether it keeps the promise. */
  holds: boolean;
  /** What could be kept otherwise. */
  closes: string;
}

/** A fact and when it was found, as RFC 3339. */
export interface CheckedFact extends RetentionFact {
  checkedAt: string;
}

/** Facts that were found just now. */
export function checkedNow(facts: readonly RetentionFact[]): CheckedFact[] {
  const checkedAt = new Date().toISOString();
  return facts.map((fact) => ({ ...fact, checkedAt }));
}

/** What could keep an image, one line a fault. */
export const faultsOf = (facts: readonly RetentionFact[]): string[] =>
  facts.filter(({ holds }) => !holds).map(({ fact, found, closes }) => `${fact} is ${found}: ${closes}`);

/** A process or its Redis could keep what must not be kept. */
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
 * Decides whether a process may work.
 * @returns the faults, when the operator chose to be warned only
 * @throws RetentionGuardError naming each fault
 */
export function requireRetention(facts: readonly RetentionFact[], mode: 'enforce' | 'warn'): string[] {
  const faults = faultsOf(facts);
  if (faults.length > 0 && mode === 'enforce') throw new RetentionGuardError(faults);
  return faults;
}
