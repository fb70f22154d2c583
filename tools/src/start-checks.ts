import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { configuredModels } from '#inference/model-catalog.js';
import { offeredModels } from '#config/engine-plan.js';
import { ApiKeyFile } from '#auth/api-key-file.js';
import { readAuditReport } from '#config/audit-report-file.js';
import {
  readApiSecret,
  readReceiptKeys,
  readRedisPassword,
  readWorkerKeys,
  readWorkerPublicKey,
} from '#auth/secret-file.js';
import { addressFault, type ListenSettings } from '#config/listen-errors.js';
import { requireFaultless } from '#config/settings.js';
import type { Settings } from '#config/settings.schema.js';
import { builtInTiers } from '#auth/tier-table.js';
import { inDist, ROOT } from './paths.js';
import { runSync } from './processes.js';
import { EXIT_CONFIG, ToolError } from './report.js';

/** Ports of one API; METRICS_PORT is undefined without metrics. */
export interface ApiPorts {
  PORT: number;
  METRICS_PORT: number | undefined;
}

const MAX_PORT = 65_535;
const ACCELERATOR_COMMAND = inDist('libs', 'inference', 'src', 'accelerator.command.js');

const settingsError = (text: string): ToolError => new ToolError(text, EXIT_CONFIG);

/**
 * Plans the ports of each API: PORT and METRICS_PORT and the numbers after them. 0 stays 0: a free port for each.
 * @throws ToolError when the numbers end too early, or a port would be used twice
 */
export function planPorts({
  APIS,
  PORT,
  METRICS_PORT,
}: Pick<Settings, 'APIS' | 'PORT' | 'METRICS_PORT'>): ApiPorts[] {
  const portAt = (first: number, index: number): number => (first === 0 ? 0 : first + index);
  const plan = Array.from({ length: APIS }, (_, index) => ({
    PORT: portAt(PORT, index),
    METRICS_PORT: METRICS_PORT === undefined ? undefined : portAt(METRICS_PORT, index),
  }));
  const { PORT: last = 0, METRICS_PORT: lastOfMetrics = 0 } = plan.at(-1) ?? {};
  for (const [name, port] of [
    ['PORT', last],
    ['METRICS_PORT', lastOfMetrics],
  ] as const) {
    if (port > MAX_PORT) {
      const max = MAX_PORT + 1 - APIS;
      throw settingsError(
        `${name} must be at most ${max}: each of the ${APIS} APIs needs a port of its own.`,
      );
    }
  }
  const isShared = plan.some(
    ({ PORT: port }) => port !== 0 && plan.some((other) => other.METRICS_PORT === port),
  );
  if (isShared) {
    const used = PORT === last ? `${PORT} is` : `${PORT} to ${last} are`;
    throw settingsError(`METRICS_PORT must be a port that no API needs: ${used} for PORT.`);
  }
  return plan;
}

/**
 * Checks, before any slow step, what the applications would fail on later: models, accelerator, key files, ports.
 * @param ports that will be listened on; none for a worker
 * @throws ToolError with all faults
 */
export async function checkStart(settings: Settings, ports: readonly ApiPorts[]): Promise<void> {
  const {
    API_SECRET_FILE,
    WORKER_KEY_FILE,
    WORKER_PUBLIC_KEY_FILE,
    RECEIPT_KEY_FILE,
    KEYS_FILE,
    REDIS_PASSWORD_FILE,
    MODEL_DIR,
    AUDIT_REPORT_FILE,
  } = settings;
  const checks: (() => unknown)[] = [
    () => configuredModels(ROOT, offeredModels(settings), settings.MODEL_LICENSES),
    () => checkModelFolder(MODEL_DIR),
    () => checkAccelerator(settings),
    () => API_SECRET_FILE !== undefined && readApiSecret(API_SECRET_FILE).fill(0),
    () => WORKER_KEY_FILE !== undefined && readWorkerKeys(WORKER_KEY_FILE),
    () => WORKER_PUBLIC_KEY_FILE !== undefined && readWorkerPublicKey(WORKER_PUBLIC_KEY_FILE),
    () => RECEIPT_KEY_FILE !== undefined && readReceiptKeys(RECEIPT_KEY_FILE),
    () => new ApiKeyFile(KEYS_FILE, builtInTiers(settings)),
    () => readAuditReport(AUDIT_REPORT_FILE),
    () => REDIS_PASSWORD_FILE !== '-' && readRedisPassword(REDIS_PASSWORD_FILE),
    ...ports.flatMap(({ PORT, METRICS_PORT }) => [
      () => tryToListen({ PORT, HOST: settings.HOST }),
      () => METRICS_PORT !== undefined && tryToListen({ METRICS_PORT, METRICS_HOST: settings.METRICS_HOST }),
    ]),
  ];
  const faults = new Set<string>();
  for (const check of checks) {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      faults.add(error.message);
    }
  }
  try {
    requireFaultless([...faults]);
  } catch (error) {
    throw settingsError(error instanceof Error ? error.message : String(error));
  }
}

function checkModelFolder(folder: string): void {
  const found = statSync(resolve(ROOT, folder), { throwIfNoEntry: false });
  if (found !== undefined && !found.isDirectory())
    throw settingsError('MODEL_DIR must be the path of a folder.');
}

/** In a process of its own: a driver may end the process that loads it. */
function checkAccelerator({ REQUIRE_ACCELERATOR }: Settings): void {
  if (!REQUIRE_ACCELERATOR) return;
  const { ok, output } = runSync(process.execPath, [ACCELERATOR_COMMAND]);
  if (ok) return;
  // The reason is the last line: a driver may print lines before it.
  const reason = output.trim().split('\n').at(-1) || 'its driver ended the check';
  throw settingsError(
    `PROVIDER must be an accelerator of this machine, because REQUIRE_ACCELERATOR is set: ${reason}.`,
  );
}

/** Listens for a moment. @throws Error when the address cannot be listened on because of the settings */
async function tryToListen(address: ListenSettings): Promise<void> {
  const [port, host] = Object.values(address) as [number, string];
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const fault = addressFault(address, (error as NodeJS.ErrnoException).code);
    if (fault !== undefined) throw fault;
  } finally {
    server.close();
  }
}
