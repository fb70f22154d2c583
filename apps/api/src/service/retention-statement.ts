import type { AuditSummary, OperatorFacts, RetentionStatement } from '#contracts/retention-view.js';
import { MECHANISMS } from '#contracts/retention-mechanisms.js';
import { VERSION } from '#contracts/version.js';
import type { PublishedAudit } from '#config/audit-report-file.js';
import type { Settings } from '#config/settings.schema.js';
import { MECHANISM_TEXTS } from '#retention/mechanisms.js';
import type { CheckedFact } from '#retention/retention-facts.js';

/** Path of the published audit report. */
export const AUDIT_PATH = '/.well-known/retention/audit';

const PROMISE =
  'An image is held in memory only, encrypted while it is queued, and deleted as soon as its result has been ' +
  'delivered. It is never written to a disk, cached or logged, and nobody looks at it.';

/** The fields of the access log, all of them. */
const RECORDED = [
  'client address',
  'time',
  'user agent',
  'method',
  'route',
  'status',
  'bytes',
  'duration',
] as const;

/** The fields of the metering log, all of them. */
const RECORDED_OF_KEY_HOLDERS = ['time', 'key id', 'images', 'megapixels', 'bytes in and out'] as const;

/** What the statement is made of. */
export interface StatementSources {
  settings: Settings;
  /** Checks of this process and its Redis, and the failed ones. */
  facts: readonly CheckedFact[];
  faults: readonly string[];
  workers: readonly { name: string; faults: string[]; startedAt: string }[];
  audit: PublishedAudit | undefined;
}

/** The retention statement. */
export function retentionStatement(sources: StatementSources): RetentionStatement {
  const { settings, facts, faults, workers, audit } = sources;
  return {
    product: 'Removebg BD',
    version: VERSION,
    guard: guardOf(faults),
    promise: PROMISE,
    held_at_most_s: longestTimes(settings),
    recorded: RECORDED,
    recorded_of_key_holders: RECORDED_OF_KEY_HOLDERS,
    mechanisms: MECHANISMS.map((name) => ({ name, ...MECHANISM_TEXTS[name] })),
    checks: facts.map(({ fact, mechanism, closes, found, holds, checkedAt }) => ({
      name: fact,
      mechanism,
      rules_out: closes,
      found,
      passed: holds,
      checked_at: checkedAt,
    })),
    workers: workers.map(({ name, faults: failed, startedAt }) => ({
      name,
      guard: guardOf(failed),
      passed: failed.length === 0,
      failed_checks: failed,
      checked_at: startedAt,
    })),
    ...(audit !== undefined && { audit: summaryOf(audit) }),
    operator: operatorFacts(settings),
  };
}

const guardOf = (faults: readonly string[]): 'enforced' | 'warned' =>
  faults.length === 0 ? 'enforced' : 'warned';

/** Longest time that data is held, in seconds. */
export const longestTimes = (
  settings: Pick<Settings, 'QUEUE_TTL_S' | 'RESULT_TTL_S' | 'TOMBSTONE_TTL_S'>,
): RetentionStatement['held_at_most_s'] => ({
  queued_image: settings.QUEUE_TTL_S,
  uncollected_result: settings.RESULT_TTL_S,
  tombstone_without_user_data: settings.TOMBSTONE_TTL_S,
});

/** What the operator has published about themselves. */
export function operatorFacts(settings: Settings): OperatorFacts {
  const { CONTACT_EMAIL: email, CONTACT_PRIVACY } = settings;
  const facts: { [K in keyof OperatorFacts]: OperatorFacts[K] | undefined } = {
    name: settings.CONTACT_NAME,
    address: settings.CONTACT_ADDRESS,
    email,
    privacy_contact: CONTACT_PRIVACY ?? (email === undefined ? undefined : `mailto:${email}`),
    security_contact: settings.CONTACT_SECURITY,
    legal_basis: settings.PRIVACY_LEGAL_BASIS,
    processors: settings.PRIVACY_PROCESSORS,
    access_log_days: settings.PRIVACY_LOG_DAYS,
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

function summaryOf({ document: report }: PublishedAudit): AuditSummary {
  const { verdict, startedAt, tookMs, system, environment, document } = report;
  const { serviceVersion, commit } = environment;
  return {
    url: AUDIT_PATH,
    verdict,
    sentence: document.sentence,
    started_at: startedAt,
    took_s: Math.round(tookMs / 1000),
    ...(serviceVersion !== undefined && { service_version: serviceVersion }),
    ...(commit !== undefined && { commit: commit.id }),
    system,
    paths: document.paths,
    rounds: document.rounds,
    searched: document.searched,
    findings: document.findings.length,
  };
}
