/**
 * `npm run check:packages`: known vulnerabilities of what runs in production, as the registry tells. A registry that does
 * not answer says nothing about our packages: then the check says so and passes.
 */
import { spawnSync } from 'node:child_process';
import { inRoot } from './places.mjs';
import { say } from './report.mjs';

const LIMIT_MS = 60_000;

/** Severities that fail. */
const BAD = ['high', 'critical'];

/**
 * @typedef {object} AuditReport
 * @property {{ vulnerabilities?: Record<string, number> }} [metadata]
 * @property {Record<string, { severity: string, name: string }>} [vulnerabilities]
 */

/** @returns {AuditReport | undefined} undefined when there was no answer */
function askRegistry() {
  const { stdout } = spawnSync(
    'npm',
    ['audit', '--omit=dev', '--json', '--fetch-retries=1', '--fetch-timeout=20000'],
    {
      cwd: inRoot(),
      encoding: 'utf8',
      timeout: LIMIT_MS,
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  try {
    /** @type {AuditReport} */
    const report = JSON.parse(stdout);
    return report.metadata?.vulnerabilities === undefined ? undefined : report;
  } catch {
    return undefined;
  }
}

const report = askRegistry();
if (report === undefined) {
  say('packages: the registry gave no answer; nothing was checked');
} else {
  const found = Object.values(report.vulnerabilities ?? {}).filter(({ severity }) => BAD.includes(severity));
  for (const { name, severity } of found) say(`packages: ${name} (${severity})`);
  say(`packages: ${found.length} with known vulnerabilities of severity high or critical`);
  if (found.length > 0) process.exitCode = 1;
}
