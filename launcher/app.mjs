/** `npm run start:api`, `npm run start:worker`: one application alone, on the Redis that REDIS_URL names. */
import { startProgram } from './child.keeper.mjs';
import { sharedKeyFile } from './key.shared.mjs';
import { passOutputOn } from './output.mjs';
import { appProgram } from './programs.supervised.mjs';
import { LauncherError, runCommand } from './report.mjs';
import { readSettings } from './settings.reader.mjs';
import { APP_STEPS, BUILD_STEPS, setUp } from './setup.steps.mjs';

/** @returns {'api' | 'worker'} */
function wantedApp() {
  const name = process.argv[2];
  if (name === 'api' || name === 'worker') return name;
  throw new LauncherError('Which one? node launcher/app.mjs api|worker');
}

/**
 * Runs one application until it ends; whoever started this (systemd, a shell) decides what comes then.
 * @param {'api' | 'worker'} app
 * @param {string} keyFile
 * @returns {Promise<number>} its exit status
 */
function runApp(app, keyFile) {
  return new Promise((resolve) => {
    const child = startProgram(appProgram(app, app, { KEK_FILE: keyFile }));
    passOutputOn(child);
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
      process.on(signal, () => child.kill('SIGTERM'));
    }
    process.once('exit', () => child.kill('SIGKILL'));
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

await runCommand(async () => {
  const app = wantedApp();
  if ((process.env['REDIS_URL'] ?? '') === '') {
    throw new LauncherError(
      `REDIS_URL is needed to run the ${app} alone, e.g. REDIS_URL=redis://127.0.0.1:6379 with a redis-server ` +
        'that runs on redis.conf. `npm start` brings a Redis of its own.',
    );
  }
  await setUp(app === 'api' ? BUILD_STEPS : APP_STEPS);
  const settings = await readSettings();
  return runApp(app, settings.KEK_FILE ?? sharedKeyFile());
});
