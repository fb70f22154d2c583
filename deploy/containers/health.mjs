/**
 * `node health.mjs api|worker`: exit status 0 when the program in this container works. The images contain no shell and
 * no curl.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** True for an engine process. A worker starts it once Redis responds and the models exist. */
function isEngine(name) {
  if (!/^\d+$/.test(name)) return false;
  try {
    return /engine-main\.js\0/.test(readFileSync(`/proc/${name}/cmdline`, 'latin1'));
  } catch {
    return false;
  }
}

/** Check for each application. A worker has no port. */
const CHECKS = {
  api: async () => (await fetch(`http://127.0.0.1:${process.env['PORT'] ?? 3000}/healthz`)).ok,
  worker: async () => readdirSync('/proc').some(isEngine),
};

const check = CHECKS[process.argv[2] ?? ''] ?? (async () => false);
process.exitCode = (await check().catch(() => false)) ? 0 : 1;
