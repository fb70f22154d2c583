import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';

const RESULTS = 'bench/results';
/** Load average of the last minute at the start: other load on the machine disturbs the measurement. */
const loadBefore = loadavg()[0] ?? NaN;

/** Median. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** Value below which `share` of all values are. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** Rounded to a tenth. */
export const tenth = (value: number): number => Math.round(value * 10) / 10;

/** The machine of the measurement. */
export const machine = (): { cores: number; cpu: string; memoryGb: number; node: string } => ({
  cores: cpus().length,
  cpu: cpus()[0]?.model ?? 'unknown',
  memoryGb: Math.round(totalmem() / 2 ** 30),
  node: process.version,
});

/**
 * Prints figures, or with `--json` one JSON object as the last line; `--save` also writes them to bench/results/.
 * They include the date, the machine, and its load before and after.
 */
export function show(title: string, figures: Record<string, unknown>): void {
  const load = { before: tenth(loadBefore), after: tenth(loadavg()[0] ?? NaN) };
  const all = { bench: title, ...figures, date: new Date().toISOString(), machine: machine(), load };
  const text = JSON.stringify(all, null, 2);
  if (process.argv.includes('--save')) {
    mkdirSync(RESULTS, { recursive: true });
    writeFileSync(`${RESULTS}/${title}.json`, `${text}\n`);
  }
  process.stdout.write(process.argv.includes('--json') ? `${JSON.stringify(all)}\n` : `${title}\n${text}\n`);
}

/** Value of `--name value` among the arguments. */
export function argument(name: string, otherwise: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : (process.argv[at + 1] ?? otherwise);
}

/** Value of `--name a,b,c` among the arguments. */
export const list = (name: string, otherwise: string): string[] => argument(name, otherwise).split(',');

/**
 * Value of `--name 1,2,3`, ascending: memory that a process retains from large images must not count for small ones.
 */
export const numbers = (name: string, otherwise: string): number[] =>
  list(name, otherwise)
    .map(Number)
    .sort((a, b) => a - b);
