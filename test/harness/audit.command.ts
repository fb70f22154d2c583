import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditReport } from '../../apps/audit/src/report/audit-report.js';

/** What a run of the audit came to. */
export interface AuditOutcome {
  code: number;
  printed: string;
  report: AuditReport;
}

/** Runs the built audit; its report and its exit status. @throws Error when it made no report */
export async function runAudit(args: string[], env: NodeJS.ProcessEnv = {}): Promise<AuditOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'audit-test-'));
  const file = join(folder, 'report.json');
  try {
    const command = ['dist/apps/audit/src/main.js', ...args, '--report', file];
    const child = spawn(process.execPath, command, { env: { ...process.env, ...env } });
    let printed = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (piece: Buffer) => (printed += piece.toString()));
    const [code] = (await once(child, 'exit')) as [number];
    try {
      return { code, printed, report: JSON.parse(readFileSync(file, 'utf8')) as AuditReport };
    } catch {
      throw new Error(`exit ${code} without a report:\n${printed}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Findings, one line each. */
export const placesOf = ({ findings }: AuditReport): string[] =>
  findings.map(({ channel, where, what }) => `${channel} | ${where} | ${what}`);

/** Parts of the service that were looked at, on every path. */
const rolesOf = ({ paths }: AuditReport): Set<string> => {
  const seen = paths.map(({ looks }) => looks.at(-1)!.look.memory.map(({ role }) => role));
  return new Set(seen[0]!.filter((role) => seen.every((roles) => roles.includes(role))));
};

/** Audits the service as `npm start` runs it, over these paths, and expects that nothing is found anywhere. */
export async function expectCleanAudit(paths: readonly string[]): Promise<void> {
  const { code, printed, report } = await runAudit(['--paths', paths.join(',')]);
  expect(placesOf(report)).toEqual([]);
  expect(printed).toMatch(`PASS: after ${paths.length} paths`);
  expect({ code, verdict: report.verdict }).toEqual({ code: 0, verdict: 'pass' });
  expect(rolesOf(report)).toEqual(new Set(['api', 'worker', 'engine', 'redis', 'supervisor']));
}
