import type { AuditFinding, AuditReport, Look, PathReport } from './report/audit.report.js';
import { hitsIn, type KindTally } from './scan/tally.js';
import type { Role } from './system/process.table.js';

/** Least share of a canary that the engine must show while it works on it, or the audit proves nothing. */
export const LEAST_CONTROL_SHARE = 0.9;

const NEVER_SENT = 'control';
/** A job's token opens nothing once the job is over: it is shown and not counted. */
const NOTED_KINDS = new Set(['job token']);
/** In flight an image belongs to the engine; API and Redis must not hold it in the clear. */
const SEALED_ROLES: readonly Role[] = ['redis', 'api'];

/** True when what was found is evidence of a leak. */
export const counts = (tally: KindTally): boolean => tally.found > 0 && !NOTED_KINDS.has(tally.kind);

/** Kinds that count and of which anything was found. */
export const leaksIn = (kinds: readonly KindTally[]): KindTally[] => kinds.filter(counts);

/** The largest share of any form of the canary that an engine showed in flight. */
export function controlShare(inFlight: Look | undefined): { kind: string; share: number } {
  const seen = (inFlight?.memory ?? [])
    .filter(({ role }) => role === 'engine')
    .flatMap(({ kinds }) => kinds)
    .sort((a, b) => b.share - a.share);
  return { kind: seen[0]?.kind ?? 'nothing', share: seen[0]?.share ?? 0 };
}

/** Windows of the control that were found in any look; 0 or the scanner is broken. */
export function controlHits(report: Pick<AuditReport, 'inFlight' | 'paths' | 'atEnd'>): number {
  return looksOf(report)
    .flatMap(({ memory }) => memory.flatMap(({ kinds }) => kinds))
    .filter(({ canary }) => canary === NEVER_SENT)
    .reduce((sum, { found }) => sum + found, 0);
}

const looksOf = ({ inFlight, paths, atEnd }: Pick<AuditReport, 'inFlight' | 'paths' | 'atEnd'>): Look[] =>
  [inFlight, ...paths.map(({ after }) => after), atEnd].filter((look) => look !== undefined);

/** How a tally reads: `pixels RGBA: 12 of 256 windows (5 %, about 200 KB), [heap] rw-p × 12`. */
export const tallyText = ({ kind, found, sampled, share, bytes, places }: KindTally): string =>
  `${kind}: ${found} of ${sampled} windows (${percent(share)}, about ${size(bytes)})` +
  (places.length > 0 ? `, in ${places.join('; ')}` : '');

/** A share for people: never `0 %` for something that was found. */
export const percent = (share: number): string =>
  share === 0 ? '0 %' : share < 0.01 ? '< 1 %' : `${Math.round(share * 100)} %`;

/** Bytes for people. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1_048_576) return `${(bytes / 1024).toFixed(0)} KiB`;
  return `${(bytes / 1_048_576).toFixed(bytes < 10_485_760 ? 1 : 0)} MiB`;
}

/** Everything in a look that should not be there. */
export function findingsIn(look: Look, where: string): AuditFinding[] {
  const memory = look.memory.flatMap(({ role, pid, kinds }) =>
    leaksIn(kinds).map((tally) => ({
      channel: 'memory' as const,
      where: `${where}: ${role} (pid ${pid})`,
      what: tallyText(tally),
    })),
  );
  return [...memory, ...keyspaceFindings(look, where)];
}

function keyspaceFindings({ keyspace }: Look, where: string): AuditFinding[] {
  if (keyspace === undefined) return [];
  const found = (what: string): AuditFinding => ({ channel: 'keyspace', where, what });
  return [
    ...(keyspace.refused === undefined ? [] : [found(`could not be looked at: ${keyspace.refused}`)]),
    ...keyspace.foreign.map((key) => found(`a key that the service does not make: ${key.slice(0, 80)}`)),
    ...hitsIn(keyspace.hits)
      .filter(counts)
      .map((tally) => found(tallyText(tally))),
  ];
}

/** While the engine works, nothing of the image may stand in the clear in Redis or in the API. */
export function inFlightFindings(look: Look): AuditFinding[] {
  const memory = look.memory.filter(({ role }) => SEALED_ROLES.includes(role));
  return findingsIn({ ...look, memory }, 'in flight');
}

/** What is wrong with a path. */
export function pathFindings({ title, after, outcome, note }: PathReport): AuditFinding[] {
  if (outcome === 'broken') return [{ channel: 'path', where: title, what: note ?? 'broke' }];
  if (after === undefined) return [];
  const payloads = after.keyspace?.payloads ?? [];
  return [
    ...findingsIn(after, title),
    ...payloads.map((key) => ({
      channel: 'keyspace' as const,
      where: title,
      what: `a sealed image is left: ${key}`,
    })),
  ];
}
