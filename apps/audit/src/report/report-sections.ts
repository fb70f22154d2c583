import { controlHits, controlShare, leaksIn, MIN_CONTROL_SHARE, percent } from '../audit-findings.js';
import type { Role } from '../system/process-table.js';
import type { AuditReport, Look } from './audit-report.js';
import { findingsSection, memorySection, notedSection } from './memory-section.js';
import { channelRows, processRows } from './channel-rows.js';
import type { Section } from './report-section.js';
import { counted } from './report-words.js';
import { plain, verdictCell, type Cell } from './table-cell.js';

/** The tables of a report, in order. */
export const sectionsOf = (report: AuditReport): Section[] => [
  controlSection(report),
  memorySection(report),
  ...[findingsSection(report), notedSection(report)].filter((section) => section !== undefined),
  {
    title: 'Other channels',
    text: 'Everything else that could hold or show an image, checked during the whole run.',
    head: ['channel', 'looked at', 'found', 'verdict'],
    columns: [
      ['found', 'Places with part of a canary; in the service’s own folders, files that appeared.'],
      ['verdict', 'Clean: nothing was found. Not run: the audit had no access and makes no statement.'],
    ],
    rows: channelRows(report),
  },
  {
    title: 'Processes',
    text: 'What the kernel allows each process. With a file limit of 0 a process cannot write a file, even through a bug.',
    columns: [
      ['may write files', 'The limit that the kernel puts on files of this process.'],
      ['core dump', 'Whether the kernel may write the memory of the process to a disk when it crashes.'],
      ['swap', 'Memory of the process in swap now.'],
      ['written to disk', 'Bytes that the process has written during the audit.'],
    ],
    head: ['process', 'pid', 'may write files', 'core dump', 'swap', 'written to disk', 'verdict'],
    rows: processRows(report),
  },
];

/** Number of different paths that were tried. */
export const pathsThatRan = ({ paths }: AuditReport): number =>
  new Set(paths.filter(({ outcome }) => outcome !== 'not run').map(({ name }) => name)).size;

/** The verdict in one sentence. */
export function sentenceOf(report: AuditReport): string {
  const ran = pathsThatRan(report);
  const rounds = report.ends.length === 1 ? '' : ` in ${report.ends.length} rounds`;
  if (report.verdict === 'void') {
    return 'VOID: the audit missed a test image that was there, or found one that was not. This run proves nothing.';
  }
  if (report.verdict === 'fail')
    return `FAIL: ${counted(report.findings.length, 'finding')} on ${counted(ran, 'path')}${rounds}.`;
  return `PASS: after ${counted(ran, 'path')}${rounds} no part of any test image was left anywhere.`;
}

function controlSection(report: AuditReport): Section {
  const { kind, share } = controlShare(report.inFlight);
  const strays = controlHits(report);
  const inClear = (role: Role): number => leakedWindows(report.inFlight, role);
  const row = (what: string, seen: string, verdict: Cell): Cell[] => [plain(what), plain(seen), verdict];
  const sealed = (['api', 'redis'] as const).map((role) =>
    row(
      `${role} while the engine works`,
      `${counted(inClear(role), 'window')} in the clear`,
      verdictCell(inClear(role) === 0),
    ),
  );
  return {
    title: 'Does this audit work?',
    text: 'A clean result counts only if the audit finds a canary that is there, and none that was never sent.',
    head: ['control', 'seen', 'verdict'],
    columns: [
      [
        'seen',
        'How much of a canary was found. In the engine it must be nearly all of it, elsewhere nothing.',
      ],
    ],
    rows: [
      row(
        'engine while it works',
        `${percent(share)} of the ${kind} (at least ${percent(MIN_CONTROL_SHARE)})`,
        verdictCell(share >= MIN_CONTROL_SHARE, ['seen', 'VOID']),
      ),
      row(
        'canary that was never sent',
        counted(strays, 'window'),
        verdictCell(strays === 0, ['none', 'VOID']),
      ),
      ...(report.inFlight === undefined ? [] : sealed),
    ],
  };
}

/** Windows of leaks in the processes of one part. */
const leakedWindows = (look: Look | undefined, wanted: Role): number =>
  leaksIn((look?.memory ?? []).filter(({ role }) => role === wanted).flatMap(({ kinds }) => kinds)).reduce(
    (sum, { found }) => sum + found,
    0,
  );
