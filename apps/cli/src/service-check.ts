import type { ModelList } from '#contracts/model-view.js';
import { CommandError, EXIT } from './exit-codes.js';
import { nearestName } from '#contracts/nearest-name.js';

const TIMEOUT_MS = 5_000;
const MAX_ATTEMPTS = 3;

/**
 * Checks that a service answers, so that a mistyped address fails before the long retries of a run.
 * @throws CommandError that says what to do | the signal's reason
 */
export async function requireService(origin: string, signal: AbortSignal): Promise<void> {
  const response = await tryFetch(`${origin}/healthz`, { signal });
  if (response === undefined) {
    throw new CommandError(
      `No service answers at ${origin}. Start one there (npm start), name another with --server, or use --local to ` +
        'start one for this run.',
      EXIT.service,
    );
  }
  await response.body?.cancel();
  const isAlive = response.ok && response.headers.get('content-type')?.includes('json') === true;
  // A proxy answers 502 or 503 while its service is unreachable: the run retries that.
  if (isAlive || response.status >= 500) return;
  throw new CommandError(
    `${origin} is not the address of a Removebg BD service (${response.status} at ${origin}/healthz). ` +
      'Use the address of its web page, without a path, as --server.',
    EXIT.service,
  );
}

/** Settings of a request. */
export interface RequestSettings {
  key?: string | undefined;
  signal: AbortSignal;
}

/** Fetches a URL; undefined after three failed attempts. @throws the signal's reason */
async function tryFetch(url: string, { key, signal }: RequestSettings): Promise<Response | undefined> {
  const headers: Record<string, string> = key === undefined ? {} : { 'x-api-key': key };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fetch(url, {
        headers,
        // A redirect would take the API key to another host.
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
    } catch {
      signal.throwIfAborted();
      if (attempt === MAX_ATTEMPTS) return undefined;
      await new Promise((resolve) => setTimeout(resolve, 300 * attempt));
    }
  }
}

/** The models of a service; undefined if it does not list them. @throws the signal's reason */
export async function modelsOf(
  origin: string,
  settings: RequestSettings,
): Promise<ModelList['models'] | undefined> {
  const response = await tryFetch(`${origin}/v1/models`, settings);
  if (response?.ok === true) return ((await response.json()) as ModelList).models;
  await response?.body?.cancel();
  return undefined;
}

/** @throws CommandError with the available models if `model` is not one of them | the signal's reason */
export async function requireModel(origin: string, model: string, settings: RequestSettings): Promise<void> {
  const names = (await modelsOf(origin, settings))?.map(({ name }) => name) ?? [model];
  if (names.includes(model)) return;
  const near = nearestName(model, names);
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  throw new CommandError(`The service has no model of that name.${hint} It has: ${names.join(', ')}`);
}

/** `removebg models`: the models of a service, one per line. @throws CommandError | the signal's reason */
export async function listModels(origin: string, settings: RequestSettings): Promise<string> {
  await requireService(origin, settings.signal);
  const models = await modelsOf(origin, settings);
  if (models === undefined) throw new CommandError(`${origin} does not list its models.`, EXIT.service);
  const width = Math.max(...models.map(({ name }) => name.length));
  return models
    .map(
      ({ name, title, default: isDefault }) =>
        `${name.padEnd(width)}  ${title}${isDefault ? ' (default)' : ''}\n`,
    )
    .join('');
}
