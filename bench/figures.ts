import { cpus, totalmem } from 'node:os';

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

/** Prints a table of figures, or with `--json` one JSON object as the last line. */
export function show(title: string, figures: Record<string, unknown>): void {
  const all = { bench: title, ...figures, machine: machine() };
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(all)}\n`);
  else process.stdout.write(`${title}\n${JSON.stringify(all, null, 2)}\n`);
}

/** Value of `--name value` among the arguments. */
export function argument(name: string, otherwise: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : (process.argv[at + 1] ?? otherwise);
}
