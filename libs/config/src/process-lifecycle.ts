import { selectNothingForCores } from '#retention/process-checks.js';
import { RetentionGuardError } from '#retention/retention-facts.js';
import type { Settings } from './settings.schema.js';
import { SettingsError } from './settings.js';
import { requirementOf } from './settings-reference.js';

/** Exit status for a configuration error (EX_CONFIG of sysexits.h); a restart does not help. */
export const EX_CONFIG = 78;

/** A process cannot start now; a later start may succeed. The message is a sentence for the operator. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}

/** True once a stop was requested; later errors are expected. */
let isStopping = false;

/** Settings of a process that needs Redis. */
export type ServiceSettings = Settings & { REDIS_URL: string };

/** @throws SettingsError without REDIS_URL */
export function requireRedis(settings: Settings): ServiceSettings {
  const { REDIS_URL } = settings;
  if (REDIS_URL === undefined) throw new SettingsError(`REDIS_URL is needed: ${requirementOf('REDIS_URL')}.`);
  return { ...settings, REDIS_URL };
}

/**
 * Runs an application. The signal that opens the debugger, which shows all memory, is ignored first. An application with a
 * configuration error writes it to stderr and exits with 78; one that cannot start for another reason exits with 1.
 */
export function runService(name: string, main: () => Promise<void>): void {
  process.on('SIGUSR1', () => undefined);
  selectNothingForCores();
  main().catch((error: unknown) => {
    // Closing the open handles ends the process.
    if (isStopping) return;
    const isFinal = error instanceof SettingsError || error instanceof RetentionGuardError;
    const isPlain = isFinal || error instanceof StartError;
    const text = isPlain ? error.message : `The ${name} could not start: ${String(error)}`;
    process.stderr.write(`${text}\n`);
    process.exit(isFinal ? EX_CONFIG : 1);
  });
}

/**
 * Calls `stop` once, on a signal or when the parent exits, and exits with 0 when it resolves, or with 1 after `limitS` seconds.
 */
export function stopOnSignal(limitS: number, stop: (reason: string) => Promise<void>): void {
  const onStop = (reason: string): void => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => process.exit(1), limitS * 1000).unref();
    void stop(reason).then(() => process.exit(0));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => onStop(signal));
  if (process.send !== undefined) process.on('disconnect', () => onStop('parent gone'));
}
