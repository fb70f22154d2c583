import { createServer } from 'node:net';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { EXIT_CONFIG } from './child.keeper.mjs';
import { ACCELERATOR_COMMAND, ROOT } from './places.mjs';
import { ask } from './programs.mjs';
import { describe, LauncherError } from './report.mjs';

/** @typedef {import('#config/settings.schema.js').Settings} Settings */

/**
 * Ports of one API.
 * @typedef {{ PORT: number, METRICS_PORT: number | undefined }} ApiPorts
 */

const LAST_PORT = 65_535;

/**
 * The ports of each API: one after the other from PORT and METRICS_PORT on; 0 is a free one for each.
 * @param {Pick<Settings, 'APIS' | 'PORT' | 'METRICS_PORT'>} settings
 * @returns {ApiPorts[]}
 * @throws LauncherError when there are too few, or one is needed twice
 */
export function planPorts({ APIS, PORT, METRICS_PORT }) {
  const after = (/** @type {number} */ first, /** @type {number} */ place) =>
    first === 0 ? 0 : first + place;
  const plan = Array.from({ length: APIS }, (_, place) => ({
    PORT: after(PORT, place),
    METRICS_PORT: METRICS_PORT === undefined ? undefined : after(METRICS_PORT, place),
  }));
  const { PORT: last = 0, METRICS_PORT: lastOfMetrics = 0 } = plan.at(-1) ?? {};
  for (const [name, port] of /** @type {const} */ ([
    ['PORT', last],
    ['METRICS_PORT', lastOfMetrics],
  ])) {
    if (port > LAST_PORT)
      throw wrong(
        `${name} must be at most ${LAST_PORT + 1 - APIS}: each API needs its own, and there are ${APIS}.`,
      );
  }
  const shared = plan.find(
    ({ PORT: port }) => port !== 0 && plan.some((other) => other.METRICS_PORT === port),
  );
  if (shared !== undefined)
    throw wrong(
      `METRICS_PORT must be a port that no API needs: ${ranged(PORT, last)} ${APIS === 1 ? 'is' : 'are'} for PORT.`,
    );
  return plan;
}

const ranged = (/** @type {number} */ first, /** @type {number} */ last) =>
  first === last ? String(first) : `${first} to ${last}`;

/** @param {string} text */
const wrong = (text) => new LauncherError(text, EXIT_CONFIG);

/**
 * Checks, before anything slow is done, what a start would fail on later: the models, the accelerator, the files with
 * keys, the ports. Every fault is reported.
 * @param {Settings} settings
 * @param {readonly ApiPorts[]} ports that will be listened on; none for a worker alone
 * @throws LauncherError with all faults
 */
export async function checkStart(settings, ports) {
  const { offeredModels } = await import('#config/engine-plan.js');
  const { configuredModels } = await import('#inference/model-catalog.js');
  const { ApiKeyFile } = await import('#auth/api-key-file.js');
  const { readKek, readReceiptKeys, readRedisPassword } = await import('#auth/secret-file.js');
  const { builtInTiers } = await import('#auth/tier-table.js');
  const { requireFaultless } = await import('#config/settings.js');
  const { KEK_FILE, RECEIPT_KEY_FILE, KEYS_FILE, REDIS_PASSWORD_FILE } = settings;
  const checks = [
    () => configuredModels(ROOT, offeredModels(settings)),
    () => checkModelFolder(settings.MODEL_DIR),
    () => checkAccelerator(settings),
    () => KEK_FILE !== undefined && readKek(KEK_FILE).fill(0),
    () => RECEIPT_KEY_FILE !== undefined && readReceiptKeys(RECEIPT_KEY_FILE),
    () => new ApiKeyFile(KEYS_FILE, builtInTiers(settings)),
    () => REDIS_PASSWORD_FILE !== '-' && readRedisPassword(REDIS_PASSWORD_FILE),
    ...ports.flatMap(({ PORT, METRICS_PORT }) => [
      () => tryToListen({ PORT, HOST: settings.HOST }),
      () => METRICS_PORT !== undefined && tryToListen({ METRICS_PORT, METRICS_HOST: settings.METRICS_HOST }),
    ]),
  ];
  /** @type {Set<string>} */
  const faults = new Set();
  for (const check of checks) {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      faults.add(error instanceof LauncherError ? describe(error) : error.message);
    }
  }
  try {
    requireFaultless([...faults]);
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} folder */
function checkModelFolder(folder) {
  const found = statSync(resolve(ROOT, folder), { throwIfNoEntry: false });
  if (found !== undefined && !found.isDirectory()) throw wrong('MODEL_DIR must be the path of a folder.');
}

/** @param {Settings} settings */
function checkAccelerator(settings) {
  if (!settings.REQUIRE_ACCELERATOR) return;
  const { ok, output } = ask(process.execPath, [ACCELERATOR_COMMAND]);
  // What a driver prints comes before the command's own last line.
  const reason = output.trim().split('\n').at(-1) || 'its driver ended the check';
  if (!ok)
    throw wrong(`PROVIDER must be an accelerator of this machine, because one is required: ${reason}.`);
}

/**
 * Listens for a moment.
 * @param {import('#config/listen-errors.js').ListenSettings} address
 */
async function tryToListen(address) {
  const { addressFault } = await import('#config/listen-errors.js');
  const [port, host] = Object.values(address);
  const server = createServer();
  try {
    await new Promise((done, fail) =>
      server.once('error', fail).listen(Number(port), String(host), () => done(undefined)),
    );
  } catch (error) {
    const fault = addressFault(address, /** @type {NodeJS.ErrnoException} */ (error).code);
    if (fault !== undefined) throw fault;
  } finally {
    server.close();
  }
}
