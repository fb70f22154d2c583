/**
 * `node health.mjs api|worker`: exit status 0 when what runs in this container works. Containers have no shell and no
 * curl to ask with.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** True for the process that computes: a worker starts it once Redis answers and the models are there. */
function isEngine(name) {
  if (!/^\d+$/.test(name)) return false;
  try {
    return /engine-main\.js\0/.test(readFileSync(`/proc/${name}/cmdline`, 'latin1'));
  } catch {
    return false;
  }
}

/** What to look at. A worker listens on nothing. */
const CHECKS = {
  api: async () => (await fetch(`http://127.0.0.1:${process.env['PORT'] ?? 3000}/healthz`)).ok,
  worker: async () => readdirSync('/proc').some(isEngine),
};

const check = CHECKS[process.argv[2] ?? ''] ?? (async () => false);
process.exitCode = (await check().catch(() => false)) ? 0 : 1;
