import { leaksIn, size } from '../audit-findings.js';
import type { Role } from '../system/process-table.js';
import type { AuditReport, MemoryFinding, PathLook, PathReport } from './audit-report.js';
import type { Section } from './report-section.js';
import { plain, verdictCell, type Cell } from './table-cell.js';

const PARTS: readonly Role[] = ['api', 'redis', 'worker', 'engine', 'supervisor', 'nginx'];

/** Bytes left in each process on each path, at each look: the maximum of all rounds. */
export function memorySection({ paths, ends }: AuditReport): Section {
  const all = [...paths, ...ends];
  const latest = Math.max(
    0,
    ...paths.flatMap(({ looks }) => looks.slice(0, -1).map(({ look }) => look.afterMs)),
  );
  const present = PARTS.filter((role) =>
    all.some(({ looks }) => looks.some(({ look }) => look.memory.some((scan) => scan.role === role))),
  );
  return {
    title: 'Left in memory after the end',
    text:
      'What was left of each image 50 ms and 2 s after the end of its path, and of all images at the end of a round: ' +
      'the file, base64, pixels, the input of the model, the result, texts. The worst of several rounds is ' +
      `shown. The latest of the first looks began ${latest} ms after the end.`,
    head: ['path', ...present, 'windows', 'rounds', 'verdict'],
    columns: [
      [
        present.join(', ') || 'processes',
        'Bytes found in each process at each look. 0 means nothing at any look.',
      ],
      ['windows', 'Number of pieces of the canary searched for in each process.'],
      ['rounds', 'Number of rounds in which something was found, of all rounds.'],
    ],
    rows: byName(all).map((walks) => memoryRow(walks, present)),
  };
}

function memoryRow(walks: readonly PathReport[], present: readonly Role[]): Cell[] {
  const { title, note } = walks[0] as PathReport;
  const what = plain(note === undefined ? title : `${title} (${note})`);
  const looked = walks.filter(({ looks }) => looks.length > 0);
  const broken = walks.find(({ outcome }) => outcome === 'broken');
  if (looked.length === 0 || broken !== undefined) {
    const verdict: Cell =
      broken === undefined ? { text: 'not run', tone: 'idle' } : { text: 'BROKEN', tone: 'bad' };
    const why = broken?.note === undefined ? what : plain(`${title} (${broken.note})`);
    return [why, ...present.map(() => plain('')), plain(''), plain(''), verdict];
  }
  const found = looked.filter(({ outcome }) => outcome === 'found').length;
  return [
    what,
    ...present.map((role) => bytesCell(looked, role)),
    plain(`${looked[0]?.looks.at(-1)?.look.windows ?? 0}`),
    plain(`${found} of ${looked.length}`),
    verdictCell(found === 0),
  ];
}

/** Bytes at each look: `98 KiB · 96 KiB`. */
function bytesCell(walks: readonly PathReport[], role: Role): Cell {
  const times = [...new Set(walks.flatMap(({ looks }) => looks.map(({ when }) => when)))];
  const max = times.map((time) =>
    Math.max(
      ...walks.map(({ looks }) =>
        bytesIn(
          looks.filter(({ when }) => when === time),
          role,
        ),
      ),
    ),
  );
  const isClean = max.every((bytes) => bytes === 0);
  return { text: isClean ? '0' : max.map(size).join(' · '), tone: isClean ? 'plain' : 'bad' };
}

/** Sum over the canaries of the bytes of their largest form, so that no canary counts twice. */
function bytesIn(looks: readonly PathLook[], wanted: Role): number {
  const max = new Map<string, number>();
  for (const scan of looks.flatMap(({ look }) => look.memory).filter(({ role }) => role === wanted)) {
    for (const { canary, bytes } of leaksIn(scan.kinds)) {
      max.set(canary, Math.max(max.get(canary) ?? 0, bytes));
    }
  }
  return [...max.values()].reduce((sum, bytes) => sum + bytes, 0);
}

function byName(walks: readonly PathReport[]): PathReport[][] {
  const groups = new Map<string, PathReport[]>();
  for (const walk of walks) groups.set(walk.name, [...(groups.get(walk.name) ?? []), walk]);
  return [...groups.values()];
}

/** One row for each form of each image that was found in a process; undefined when nothing was. */
export function findingsSection({ findings }: AuditReport): Section | undefined {
  const groups = new Map<string, MemoryFinding[]>();
  for (const { memory } of findings) {
    if (memory === undefined) continue;
    const key = [memory.path, memory.canary, memory.role, memory.kind].join('|');
    groups.set(key, [...(groups.get(key) ?? []), memory]);
  }
  if (groups.size === 0) return undefined;
  return {
    title: 'Found in memory',
    text: 'Each part of an image that was found: process, time, and the memory region that holds most of it.',
    columns: [
      ['form', 'Its form: the file itself (raw), base64, pixels, or text.'],
      ['found at', 'How long after the end of the path.'],
      ['bytes, of', 'Bytes found, and the size of that form.'],
      ['in', 'The region of memory with most of it.'],
    ],
    head: ['image', 'process', 'form', 'what', 'found at', 'bytes', 'of', 'rounds', 'in'],
    rows: [...groups.values()].map(findingRow),
  };
}

function findingRow(all: MemoryFinding[]): Cell[] {
  const { path, canary, role, form, kind, payloadBytes, places } = all[0] as MemoryFinding;
  const times = [...new Set(all.map(({ when }) => when))];
  const max = times.map((time) =>
    Math.max(...all.filter(({ when }) => when === time).map(({ bytes }) => bytes)),
  );
  return [
    plain(path === 'end' ? `${canary} (end)` : canary),
    ...[role, form, kind, times.join(', '), max.join(', '), `${payloadBytes}`].map(plain),
    plain(`${new Set(all.map(({ round }) => round)).size}`),
    plain(places[0] ?? ''),
  ];
}

/** What was found in memory and does not count as a leak, by kind. */
export function notedSection({ paths }: AuditReport): Section | undefined {
  const counts = new Map<string, Set<string>>();
  for (const { looks } of paths) {
    for (const { when, look } of looks) {
      for (const { role, kinds } of look.memory) {
        const noted = kinds.filter((tally) => tally.found > 0 && !leaksIn([tally]).length);
        for (const { kind, canary } of noted) {
          const key = `${kind}|${role}|${when}`;
          counts.set(key, (counts.get(key) ?? new Set()).add(canary));
        }
      }
    }
  }
  if (counts.size === 0) return undefined;
  return {
    title: 'Found but not counted',
    text: 'Tokens of finished jobs, and strings that stay until their memory is reused.',
    head: ['what', 'process', 'seen at', 'images'],
    rows: [...counts].map(([key, canaries]) => [...key.split('|'), `${canaries.size}`].map(plain)),
  };
}
