import { selectNothingForCores } from './process.guard.js';
import { RetentionGuardError } from './retention.fact.js';
import type { Settings } from './settings.schema.js';
import { SettingsError } from './settings.js';

/** Exit status of a process that must not be restarted before its configuration is mended (sysexits.h). */
export const EX_CONFIG = 78;

/** Settings of a process that works on a Redis. */
export type ServiceSettings = Settings & { REDIS_URL: string };

/** @throws SettingsError when no Redis is named */
export function requireRedis(settings: Settings): ServiceSettings {
  const { REDIS_URL } = settings;
  if (REDIS_URL === undefined) throw new SettingsError('REDIS_URL: needed; `npm start` embeds a Redis');
  return { ...settings, REDIS_URL };
}

/**
 * Runs an application. The signal that would open the debugger, and with it everything in memory, is ignored from
 * the first line on. An application that cannot run as it is set up says why on stderr and exits with 78, any
 * other that cannot start with 1.
 */
export function runService(name: string, main: () => Promise<void>): void {
  process.on('SIGUSR1', () => undefined);
  selectNothingForCores();
  main().catch((error: unknown) => {
    const expected = error instanceof SettingsError || error instanceof RetentionGuardError;
    process.stderr.write(expected ? `${error.message}\n` : `The ${name} could not start: ${String(error)}\n`);
    process.exit(expected ? EX_CONFIG : 1);
  });
}

/**
 * Calls `stop` once, when a signal comes or the parent has gone, and ends the process with 0 when it is done, or
 * with 1 after `limitS` seconds.
 */
export function stopOnSignal(limitS: number, stop: (reason: string) => Promise<void>): void {
  let stopping = false;
  const begin = (reason: string): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), limitS * 1000).unref();
    void stop(reason).then(() => process.exit(0));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => begin(signal));
  if (process.send !== undefined) process.on('disconnect', () => begin('parent gone'));
}
