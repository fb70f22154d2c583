/**
 * `npm run check:packages`: asks the registry for known vulnerabilities of the production dependencies. Passes when the
 * registry does not answer, and says so.
 */
import { spawnSync } from 'node:child_process';
import { z } from 'zod';
import { readArguments } from './arguments.js';
import { ROOT } from './paths.js';
import { runCommand, say } from './report.js';

const LIMIT_MS = 60_000;
const MAX_REPORT_BYTES = 64 * 1024 * 1024;

/** The part of the report of `npm audit` that is read. An answer without these members is an error of the registry. */
const reportSchema = z.object({
  metadata: z.object({ vulnerabilities: z.object({}) }),
  vulnerabilities: z.record(z.string(), z.object({ name: z.string(), severity: z.string() })).default({}),
});

function askRegistry(): z.output<typeof reportSchema> | undefined {
  const args = ['audit', '--omit=dev', '--json', '--fetch-retries=1', '--fetch-timeout=20000'];
  const { stdout } = spawnSync('npm', args, {
    ...{ cwd: ROOT, encoding: 'utf8', timeout: LIMIT_MS, maxBuffer: MAX_REPORT_BYTES },
  });
  try {
    return reportSchema.parse(JSON.parse(stdout));
  } catch {
    return undefined;
  }
}

await runCommand(async () => {
  readArguments({});
  const report = askRegistry();
  if (report === undefined) {
    say('packages: the registry did not answer; nothing was checked');
    return 0;
  }
  const found = Object.values(report.vulnerabilities).filter(({ severity }) =>
    ['high', 'critical'].includes(severity),
  );
  for (const { name, severity } of found) say(`packages: ${name} (${severity})`);
  say(`packages: ${found.length} with known vulnerabilities of severity high or critical`);
  return found.length === 0 ? 0 : 1;
});
