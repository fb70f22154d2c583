import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';

const RESULTS = 'bench/results';
/** Of the last minute, when the benchmark began: others on the machine disturb it. */
const loadBefore = loadavg()[0] ?? NaN;

/** Middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** Value below which `share` of all lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** Rounded to a tenth. */
export const tenth = (value: number): number => Math.round(value * 10) / 10;

/** What the figures were measured on. */
export const machine = (): { cores: number; cpu: string; memoryGb: number; node: string } => ({
  cores: cpus().length,
  cpu: cpus()[0]?.model ?? 'unknown',
  memoryGb: Math.round(totalmem() / 2 ** 30),
  node: process.version,
});

/**
 * Prints figures, or with `--json` one JSON object as the last line; `--save` puts them into bench/results/ too.
 * Along with them go the date, the machine, and its load before and after.
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

/** Value of `--name 1,2,3`, ascending: what a process keeps of large work must not count as small work's. */
export const numbers = (name: string, otherwise: string): number[] =>
  list(name, otherwise)
    .map(Number)
    .sort((a, b) => a - b);
