import type { ModelList } from '#contracts/model-view.js';
import { CommandError, EXIT } from './exit-codes.js';
import { nearestName } from '#contracts/nearest-name.js';

const TIMEOUT_MS = 5_000;
const TRIES = 3;

/**
 * Checks that a service answers, before the patience for outages begins: a mistyped address is not waited for.
 * @throws CommandError that says what can be done | the signal's reason
 */
export async function requireService(origin: string, signal: AbortSignal): Promise<void> {
  const response = await answerOf(`${origin}/healthz`, { signal });
  if (response === undefined) {
    throw new CommandError(
      `Nothing answers at ${origin}. Start the service there (npm start), name another with --server, or let this ` +
        'run start one with --local.',
      EXIT.service,
    );
  }
  await response.body?.cancel();
  const isAlive = response.ok && response.headers.get('content-type')?.includes('json') === true;
  // A proxy whose service is away answers with 502 or 503: that is for the patience of the run.
  if (isAlive || response.status >= 500) return;
  throw new CommandError(
    `${origin} is not the address of a Removebg BD service (${response.status} at ${origin}/healthz). ` +
      'Name the address that its page has, without a path, with --server.',
    EXIT.service,
  );
}

/** How to ask a service. */
interface Asking {
  key?: string | undefined;
  signal: AbortSignal;
}

/** What answers at an address; undefined when nothing does, three times. @throws the signal's reason */
async function answerOf(url: string, { key, signal }: Asking): Promise<Response | undefined> {
  const headers: Record<string, string> = key === undefined ? {} : { 'x-api-key': key };
  for (let tries = 1; ; tries += 1) {
    try {
      return await fetch(url, {
        headers,
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
    } catch {
      signal.throwIfAborted();
      if (tries === TRIES) return undefined;
      await new Promise((resolve) => setTimeout(resolve, 300 * tries));
    }
  }
}

/** The models that a service lists; undefined when it lists none to us. @throws the signal's reason */
async function modelsOf(origin: string, asking: Asking): Promise<ModelList['models'] | undefined> {
  const response = await answerOf(`${origin}/v1/models`, asking);
  if (response?.ok === true) return ((await response.json()) as ModelList).models;
  await response?.body?.cancel();
  return undefined;
}

/** @throws CommandError that names the models a service has, when `model` is none of them | the signal's reason */
export async function requireModel(origin: string, model: string, asking: Asking): Promise<void> {
  const names = (await modelsOf(origin, asking))?.map(({ name }) => name) ?? [model];
  if (names.includes(model)) return;
  const near = nearestName(model, names);
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  throw new CommandError(`The service has no model of that name.${hint} It has: ${names.join(', ')}`);
}

/** `removebg models`: the models of a service, one a line. @throws CommandError | the signal's reason */
export async function listModels(origin: string, asking: Asking): Promise<string> {
  await requireService(origin, asking.signal);
  const models = await modelsOf(origin, asking);
  if (models === undefined) throw new CommandError(`${origin} does not list its models.`, EXIT.service);
  const width = Math.max(...models.map(({ name }) => name.length));
  return models
    .map(
      ({ name, title, default: isDefault }) =>
        `${name.padEnd(width)}  ${title}${isDefault ? ' (default)' : ''}\n`,
    )
    .join('');
}
