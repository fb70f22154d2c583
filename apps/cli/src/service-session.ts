import { RemoveBg } from '#sdk/removebg-client.js';
import { findCheckout, startLocal, type LocalService } from './local-service.js';
import type { ProgressDisplay } from './progress-display.js';
import type { RunSettings } from './run-settings.js';
import { requireModel, requireService } from './service-check.js';

/** What a run needs of a service. */
export interface SessionParts {
  settings: Pick<RunSettings, 'isLocal' | 'key' | 'patienceMs' | 'server'>;
  /** Names of the models that the service must have. */
  models: Iterable<string>;
  env: NodeJS.ProcessEnv;
  display: ProgressDisplay;
  signal: AbortSignal;
}

/**
 * Runs `use` with a client of the service. With `--local` the service is started before and stopped afterwards.
 * @throws CommandError if there is no service, or a model is missing | whatever `use` throws
 */
export async function withService(
  { settings, models, env, display, signal }: SessionParts,
  use: (client: RemoveBg) => Promise<void>,
): Promise<void> {
  const { isLocal, key, patienceMs } = settings;
  let local: LocalService | undefined;
  try {
    if (isLocal) {
      display.line('Starting the service …');
      local = await startLocal(findCheckout(env, '--local'), env, signal);
    }
    const origin = local?.origin ?? settings.server;
    await requireService(origin, signal);
    for (const model of models) await requireModel(origin, model, { key, signal });
    await use(new RemoveBg({ origin, patienceMs, ...(key !== undefined && { apiKey: key }) }));
  } finally {
    await local?.stop();
  }
}

const FULL: ReadonlySet<string> = new Set(['tenant-limit', 'capacity-exhausted']);

/** True for codes of the service that are normal while the window is full. */
export const isFull = (code: string): boolean => FULL.has(code);

/** True for an error that would fail every image. */
export function isFatal(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'connection-lost' || code === 'key-invalid' || code === 'not-found';
}
