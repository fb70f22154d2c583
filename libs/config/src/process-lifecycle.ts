import { selectNothingForCores } from '#retention/process-checks.js';
import { RetentionGuardError } from '#retention/retention-facts.js';
import type { Settings } from './settings.schema.js';
import { SettingsError } from './settings.js';
import { requirementOf } from './settings-reference.js';

/** Exit status of a process that must not be restarted before its configuration is mended (sysexits.h). */
export const EX_CONFIG = 78;

/** A process cannot start now, and may be able to later. The message is for the operator, a sentence. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}

/** True from when a stop was asked for: what fails from then on is no news. */
let isStopping = false;

/** Settings of a process that works on a Redis. */
export type ServiceSettings = Settings & { REDIS_URL: string };

/** @throws SettingsError when no Redis is named */
export function requireRedis(settings: Settings): ServiceSettings {
  const { REDIS_URL } = settings;
  if (REDIS_URL === undefined) throw new SettingsError(`REDIS_URL is needed: ${requirementOf('REDIS_URL')}.`);
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
    // What was opened is being closed, which ends the process.
    if (isStopping) return;
    const isFinal = error instanceof SettingsError || error instanceof RetentionGuardError;
    const isPlain = isFinal || error instanceof StartError;
    const text = isPlain ? error.message : `The ${name} could not start: ${String(error)}`;
    process.stderr.write(`${text}\n`);
    process.exit(isFinal ? EX_CONFIG : 1);
  });
}

/**
 * Calls `stop` once, when a signal comes or the parent has gone, and ends the process with 0 when it is done, or
 * with 1 after `limitS` seconds.
 */
export function stopOnSignal(limitS: number, stop: (reason: string) => Promise<void>): void {
  const begin = (reason: string): void => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => process.exit(1), limitS * 1000).unref();
    void stop(reason).then(() => process.exit(0));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => begin(signal));
  if (process.send !== undefined) process.on('disconnect', () => begin('parent gone'));
}
