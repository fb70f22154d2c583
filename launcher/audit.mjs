/** `npm run audit [-- options]`: builds what is missing and runs the retention audit. `--help` tells the options. */
import { spawn } from 'node:child_process';
import { inRoot, ROOT } from './places.mjs';
import { runCommand } from './report.mjs';
import { BUILD_STEPS, setUp, START_STEPS } from './setup.steps.mjs';

const AUDIT = inRoot('dist', 'apps', 'audit', 'src', 'main.js');

/**
 * Runs the audit to its end; its exit status tells the verdict.
 * @param {string[]} args
 * @returns {Promise<number>}
 */
function runAudit(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [AUDIT, ...args], { cwd: ROOT, stdio: 'inherit' });
    // Ctrl-C reaches the child by itself: it has a system to end first.
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
      process.on(signal, () => signal === 'SIGTERM' && child.kill(signal));
    }
    child.once('error', () => resolve(2));
    child.once('exit', (code) => resolve(code ?? 2));
  });
}

await runCommand(async () => {
  const args = process.argv.slice(2);
  // `--help` and wrong options are answered by the audit itself, which has to be built for that and nothing more.
  const hasSystem = args.some((arg) => arg === '--url' || arg.startsWith('--url=') || arg === '--help');
  await setUp(hasSystem ? BUILD_STEPS : START_STEPS);
  return runAudit(args);
});
