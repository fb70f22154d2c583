import { AS_STRING } from './canary/canary.js';
import type { AuditFinding, AuditReport, Look, PathReport } from './report/audit-report.js';
import { hitsIn, type KindTally } from './scan/tally.js';
import type { Role } from './system/process-table.js';

/** Smallest share of a canary that must be found in the engine while it works. Below it the audit is void. */
export const MIN_CONTROL_SHARE = 0.9;

const NEVER_SENT = 'control';
/**
 * Reported but not counted as a leak: the token of a finished job grants nothing, and a JavaScript string stays until its
 * memory is reused (docs/explanation/retention.md lists both).
 */
const isNoted = (kind: string): boolean => kind === 'job token' || kind.endsWith(AS_STRING);
/** Roles that must not hold an image in the clear while a job runs. Only the engine does. */
const SEALED_ROLES: readonly Role[] = ['redis', 'api', 'supervisor'];

/** True when a tally is evidence of a leak. */
export const counts = (tally: KindTally): boolean => tally.found > 0 && !isNoted(tally.kind);

/** Tallies that are evidence of a leak. */
export const leaksIn = (kinds: readonly KindTally[]): KindTally[] => kinds.filter(counts);

/** The largest share of any form of the canary that was found in an engine while it worked. */
export function controlShare(inFlight: Look | undefined): { kind: string; share: number } {
  const seen = (inFlight?.memory ?? [])
    .filter(({ role }) => role === 'engine')
    .flatMap(({ kinds }) => kinds)
    .sort((a, b) => b.share - a.share);
  return { kind: seen[0]?.kind ?? 'nothing', share: seen[0]?.share ?? 0 };
}

/** Windows of the control found in any look. Anything but 0 means that the scanner is broken. */
export function controlHits(report: Pick<AuditReport, 'inFlight' | 'paths' | 'ends'>): number {
  return allLooks(report)
    .flatMap(({ memory }) => memory.flatMap(({ kinds }) => kinds))
    .filter(({ canary }) => canary === NEVER_SENT)
    .reduce((sum, { found }) => sum + found, 0);
}

const allLooks = ({ inFlight, paths, ends }: Pick<AuditReport, 'inFlight' | 'paths' | 'ends'>): Look[] => [
  ...(inFlight === undefined ? [] : [inFlight]),
  ...[...paths, ...ends].flatMap(({ looks }) => looks.map(({ look }) => look)),
];

/** Text of a tally: `pixels RGBA: 12 of 256 windows (5 %, about 200 KB), [heap] rw-p × 12`. */
export const tallyText = ({ kind, found, sampled, share, bytes, places }: KindTally): string =>
  `${kind}: ${found} of ${sampled} windows (${percent(share)}, about ${size(bytes)})` +
  (places.length > 0 ? `, in ${places.join('; ')}` : '');

/** A share as text. Never `0 %` when something was found. */
export const percent = (share: number): string =>
  share === 0 ? '0 %' : share < 0.01 ? '< 1 %' : `${Math.round(share * 100)} %`;

/** A size in bytes as text. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1_048_576) return `${(bytes / 1024).toFixed(0)} KiB`;
  return `${(bytes / 1_048_576).toFixed(bytes < 10_485_760 ? 1 : 0)} MiB`;
}

/** The form in which something was found. */
export function formOf(kind: string): string {
  if (/base64/.test(kind)) return 'base64';
  if (/pixels|tensor/.test(kind)) return 'pixels';
  return /file$/.test(kind) ? 'raw' : 'text';
}

/** All leaks in a look. */
function findingsIn(look: Look, { path, round, title, when }: FindingPlace): AuditFinding[] {
  const where = round === 1 ? `${title}, ${when}` : `${title}, round ${round}, ${when}`;
  const memory = look.memory.flatMap(({ role, pid, kinds }) =>
    leaksIn(kinds).map((tally) => {
      const { canary, kind, bytes, payloadBytes, places } = tally;
      const about = { path, round, when, role, pid, canary, form: formOf(kind) };
      return {
        channel: 'memory' as const,
        where: `${where}: ${role} (pid ${pid})${canary === path ? '' : ` (${canary})`}`,
        what: tallyText(tally),
        memory: { ...about, kind, bytes, payloadBytes, places },
      };
    }),
  );
  return [...memory, ...keyspaceFindings(look, where)];
}

interface FindingPlace {
  /** Name of the path. */
  path: string;
  round: number;
  title: string;
  when: string;
}

function keyspaceFindings({ keyspace }: Look, where: string): AuditFinding[] {
  if (keyspace === undefined) return [];
  const found = (what: string): AuditFinding => ({ channel: 'keyspace', where, what });
  return [
    ...(keyspace.refused === undefined ? [] : [found(`could not be read: ${keyspace.refused}`)]),
    ...keyspace.foreign.map((key) => found(`a key that the service does not write: ${key.slice(0, 80)}`)),
    ...hitsIn(keyspace.hits)
      .filter(counts)
      .map((tally) => found(tallyText(tally))),
  ];
}

/** Leaks while the engine works: the image in the clear in Redis, the API or the supervisor. */
export function inFlightFindings(look: Look): AuditFinding[] {
  const memory = look.memory.filter(({ role }) => SEALED_ROLES.includes(role));
  const place = { path: 'in flight', round: 1, title: 'in flight', when: 'while the engine works' };
  return findingsIn({ ...look, memory }, place);
}

/** All findings of a path. */
export function pathFindings({ name, title, round, looks, outcome, note }: PathReport): AuditFinding[] {
  if (outcome === 'broken') return [{ channel: 'path', where: title, what: note ?? 'broke' }];
  return looks.flatMap(({ when, look }) => [
    ...findingsIn(look, { path: name, round, title, when }),
    ...(look.keyspace?.payloads ?? []).map((key) => ({
      channel: 'keyspace' as const,
      where: `${title}, ${when}`,
      what: `an encrypted image is left: ${key}`,
    })),
  ]);
}
