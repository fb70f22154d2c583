/** `npm run start:api`, `npm run start:worker`: one application alone, on the Redis that REDIS_URL names. */
import { EXIT_CONFIG, startProgram } from './child.keeper.mjs';
import { sharedKeyFile } from './key.shared.mjs';
import { logSettings, passOutputOn } from './output.mjs';
import { appProgram } from './programs.supervised.mjs';
import { LauncherError, runCommand, say } from './report.mjs';
import { readSettings, takeSettingOptions } from './settings.reader.mjs';
import { BUILD_STEPS, setUp } from './setup.steps.mjs';
import { checkStart, planPorts } from './start.checks.mjs';
import { modelsStep } from './step.models.mjs';

/** @returns {'api' | 'worker'} */
function wantedApp() {
  const name = process.argv[2];
  if (name === 'api' || name === 'worker') return name;
  throw new LauncherError('Which one? node launcher/app.mjs api|worker');
}

const HELP = `npm run start:api -- [options]      npm run start:worker -- [options]

Runs one API or one worker on the Redis that --redis-url (REDIS_URL) names. Each option is a setting:
\`npm start -- --help\` shows the usual ones, \`npm run settings\` all of them.`;

/**
 * Runs one application until it ends; whoever started this (systemd, a shell) decides what comes then.
 * @param {import('./programs.supervised.mjs').Program} program
 * @returns {Promise<number>} its exit status
 */
function runApp(program) {
  return new Promise((resolve) => {
    const child = startProgram(program);
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
  if (process.argv.includes('--help') || process.argv.includes('-h')) return say(HELP);
  await setUp(BUILD_STEPS);
  await takeSettingOptions(process.argv.slice(3));
  const settings = await readSettings();
  if (settings.REDIS_URL === undefined) {
    throw new LauncherError(
      `REDIS_URL is needed to run the ${app} alone, e.g. REDIS_URL=redis://127.0.0.1:6379 with a redis-server ` +
        'that runs on redis.conf. `npm start` brings a Redis of its own.',
      EXIT_CONFIG,
    );
  }
  await checkStart(settings, app === 'api' ? planPorts({ ...settings, APIS: 1 }) : []);
  if (app === 'worker') await setUp([modelsStep]);
  const env = { KEK_FILE: settings.KEK_FILE ?? sharedKeyFile(), ...logSettings(settings) };
  return runApp(appProgram(app, app, env));
});
