import { controlHits, controlShare, leaksIn, LEAST_CONTROL_SHARE, percent, size } from '../audit.findings.js';
import { hitsIn } from '../scan/tally.js';
import type { Role } from '../system/process.table.js';
import type { AuditReport, Look, PathReport } from './audit.report.js';
import { channelRows, processRows } from './channel.rows.js';
import { plain, verdictCell, type Cell } from './table.cell.js';

/** One table of the report, in any format. */
export interface Section {
  title: string;
  /** What it shows, in a sentence or two. */
  text: string;
  head: string[];
  rows: Cell[][];
}

const PARTS: readonly Role[] = ['api', 'worker', 'engine', 'redis', 'nginx'];

/** The tables of a report, in the order in which they are read. */
export const sectionsOf = (report: AuditReport): Section[] => [
  controlSection(report),
  memorySection(report),
  {
    title: 'Other channels',
    text: 'Everything else that could hold or show an image, looked at over the whole run.',
    head: ['channel', 'looked at', 'found', 'verdict'],
    rows: channelRows(report),
  },
  {
    title: 'Processes',
    text: 'What the kernel lets each process do. A limit of 0 on files means that it cannot write one, even by a bug.',
    head: ['process', 'pid', 'may write files', 'core dump', 'swap', 'written to disk', 'verdict'],
    rows: processRows(report),
  },
];

/** What the report says in one sentence. */
export function sentenceOf(report: AuditReport): string {
  const ran = report.paths.filter(({ outcome }) => outcome !== 'not run').length;
  if (report.verdict === 'void') {
    return 'VOID: the scanner did not see a canary where one was, or saw one where none was. This run proves nothing.';
  }
  if (report.verdict === 'fail') return `FAIL: ${report.findings.length} findings on ${ran} paths.`;
  return `PASS: after ${ran} paths not one window of any canary was left anywhere.`;
}

function controlSection(report: AuditReport): Section {
  const { kind, share } = controlShare(report.inFlight);
  const strays = controlHits(report);
  const inClear = (role: Role): number => leakSums(report.inFlight, role).found;
  const row = (what: string, seen: string, verdict: Cell): Cell[] => [plain(what), plain(seen), verdict];
  const sealed = (['api', 'redis'] as const).map((role) =>
    row(
      `${role} while the engine works`,
      `${inClear(role)} windows in the clear`,
      verdictCell(inClear(role) === 0),
    ),
  );
  return {
    title: 'Can this audit see?',
    text: 'Before its silence means anything it must find a canary that is there, and none that was never sent.',
    head: ['control', 'seen', 'verdict'],
    rows: [
      row(
        'engine while it works',
        `${percent(share)} of the ${kind} (at least ${percent(LEAST_CONTROL_SHARE)})`,
        verdictCell(share >= LEAST_CONTROL_SHARE, ['seen', 'VOID']),
      ),
      row('canary that was never sent', `${strays} windows`, verdictCell(strays === 0, ['none', 'VOID'])),
      ...(report.inFlight === undefined ? [] : sealed),
    ],
  };
}

function memorySection(report: AuditReport): Section {
  const present = PARTS.filter((role) =>
    report.paths.some(({ after }) => after?.memory.some((scan) => scan.role === role)),
  );
  const end: PathReport | undefined = report.atEnd && {
    name: 'end',
    title: 'All of them, once more at the end',
    outcome: present.some((role) => leakSums(report.atEnd, role).found > 0) ? 'found' : 'clean',
    after: report.atEnd,
  };
  return {
    title: 'Left in memory half a second after the end',
    text:
      'Windows of 24 bytes found, of those looked for: the file, base64, pixels, the input of the network, the ' +
      'result, EXIF text, file name. Each path has a canary of its own.',
    head: ['path', ...present, 'left', 'verdict'],
    rows: [...report.paths, ...(end === undefined ? [] : [end])].map((path) => memoryRow(path, present)),
  };
}

function memoryRow({ title, outcome, note, after }: PathReport, present: readonly Role[]): Cell[] {
  if (after === undefined) {
    const verdict: Cell =
      outcome === 'broken' ? { text: 'BROKEN', tone: 'bad' } : { text: 'not run', tone: 'idle' };
    return [
      plain(note === undefined ? title : `${title} (${note})`),
      ...present.map(() => plain('')),
      plain(''),
      verdict,
    ];
  }
  const sums = present.map((role) => leakSums(after, role));
  const bytes = sums.reduce((sum, each) => sum + each.bytes, 0);
  return [
    plain(note === undefined ? title : `${title} (${note})`),
    ...sums.map(({ found, sampled }): Cell => ({
      text: `${found}/${sampled}`,
      tone: found === 0 ? 'plain' : 'bad',
    })),
    plain(bytes === 0 ? '0' : size(bytes)),
    verdictCell(outcome === 'clean'),
  ];
}

/** Sums over the processes of one part; the bytes are those of its largest form, so that none is counted twice. */
function leakSums(look: Look | undefined, wanted: Role): { found: number; sampled: number; bytes: number } {
  const kinds = (look?.memory ?? []).filter(({ role }) => role === wanted).flatMap((scan) => scan.kinds);
  const leaks = leaksIn(kinds);
  return {
    found: leaks.reduce((sum, { found }) => sum + found, 0),
    sampled: kinds
      .filter(({ canary }) => canary !== 'control')
      .reduce((sum, { sampled }) => sum + sampled, 0),
    bytes: leaks.reduce((most, { bytes }) => Math.max(most, bytes), 0),
  };
}

/** What was found in each process on each path, in short: `engine: pixels RGB 57 %, EXIF text 100 %`. */
export function detailsOf(report: AuditReport): { where: string; what: string }[] {
  const looks: { title: string; after: Look | undefined }[] = [
    ...report.paths.map(({ title, after }) => ({ title, after })),
    { title: 'At the end', after: report.atEnd },
  ];
  return looks.flatMap(({ title, after }) =>
    (after?.memory ?? []).flatMap(({ role, pid, kinds }) => {
      const what = hitsIn(kinds).map(
        ({ kind, share, places }) => `${kind} ${percent(share)} (${places[0] ?? ''})`,
      );
      return what.length === 0 ? [] : [{ where: `${title}: ${role} ${pid}`, what: what.join(', ') }];
    }),
  );
}
