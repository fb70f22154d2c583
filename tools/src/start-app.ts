/** `npm run start:api`, `npm run start:worker`: runs one application on the Redis that REDIS_URL names. */
import type { Settings } from '#config/settings.schema.js';
import { EXIT_CONFIG, EXIT_USAGE, runCommand, ToolError } from './report.js';
import { sharedFolder } from './run-folder.js';
import { keyFilesIn, type KeyFiles } from './service-keys.js';
import { appProgram, logSettings, type Program } from './service-programs.js';
import { setUp } from './set-up.js';
import { applySettingOptions, readSettings } from './setting-options.js';
import { checkStart, planPorts } from './start-checks.js';
import { forwardOutput, startProgram } from './supervised-process.js';

/** The key files that each application reads. */
const NEEDED = {
  api: ['API_SECRET_FILE', 'WORKER_PUBLIC_KEY_FILE'],
  worker: ['WORKER_KEY_FILE'],
} as const;

/**
 * The key files of an application: those of the settings, and for the others those that are shared on this machine.
 * @throws ToolError when other users can read a shared file
 */
function keyFilesOf(app: keyof typeof NEEDED, settings: Settings): Partial<KeyFiles> {
  const hasAll = NEEDED[app].every((name) => settings[name] !== undefined);
  return hasAll ? {} : keyFilesIn(sharedFolder(), settings);
}

/** Runs an application until it exits; the caller (systemd, a shell) decides about a restart. */
function runApp(program: Program): Promise<number> {
  return new Promise((resolve) => {
    const child = startProgram(program);
    forwardOutput(child);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => child.kill('SIGTERM'));
    }
    process.once('exit', () => child.kill('SIGKILL'));
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

await runCommand(async () => {
  const [app, ...args] = process.argv.slice(2);
  if (app !== 'api' && app !== 'worker') throw new ToolError('The application is api or worker.', EXIT_USAGE);
  applySettingOptions(args);
  const settings = readSettings();
  if (settings.REDIS_URL === undefined) {
    throw new ToolError(
      `REDIS_URL is required to run the ${app} alone, for example REDIS_URL=redis://127.0.0.1:6379 with a ` +
        'redis-server that runs with redis.conf. `npm start` runs a private Redis.',
      EXIT_CONFIG,
    );
  }
  await checkStart(settings, app === 'api' ? planPorts({ ...settings, APIS: 1 }) : []);
  if (app === 'worker') await setUp(['models']);
  const env = { ...keyFilesOf(app, settings), ...logSettings(settings) };
  return runApp(appProgram(app, app, env));
});
