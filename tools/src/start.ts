/** `npm start`: runs the whole service on this machine. */
import { readFileSync } from 'node:fs';
import type { ProcessLayout } from '#config/process-layout.js';
import type { Settings } from '#config/settings.schema.js';
import { inRoot } from './paths.js';
import { acceptsConnections, answersOk, listeningPorts, originOf, waitUntil } from './readiness.js';
import { EXIT_CONFIG, runCommand, say, ToolError } from './report.js';
import { makeRunFolder, type RunFolder } from './run-folder.js';
import { keyFilesIn } from './service-keys.js';
import {
  appProgram,
  drawPasswords,
  logSettings,
  redisProgram,
  type Program,
  type RedisPasswords,
} from './service-programs.js';
import { findRedis, redisStep, setUp } from './set-up.js';
import {
  applySettingOptions,
  readLayout,
  readSettings,
  warnOfMisspelledSettings,
} from './setting-options.js';
import { checkStart, planPorts, type ApiPorts } from './start-checks.js';
import { Supervisor } from './supervisor.js';
import { WorkerPool } from './worker-pool.js';

const REDIS_START_LIMIT_MS = 10_000;
const REDIS_POLL_MS = 10;
const READY_POLL_MS = 200;
const SLOW_START_MS = 60_000;
/** How long the applications run beyond SHUTDOWN_S before they are killed. */
const EXTRA_GRACE_MS = 2000;
/** How long the user can stop the installation of a system package. */
const INSTALL_NOTICE_MS = 3000;

const version = (): string =>
  (JSON.parse(readFileSync(inRoot('package.json'), 'utf8')) as { version: string }).version;

/**
 * Starts the private Redis servers and waits until they accept connections.
 * @returns their addresses, as settings
 */
async function startPrivateRedis(
  supervisor: Supervisor,
  folder: RunFolder,
  { settings, passwords }: { settings: Settings; passwords: RedisPasswords },
): Promise<NodeJS.ProcessEnv> {
  const { path } = findRedis();
  if (path === undefined) throw new ToolError('redis-server was removed after the set-up.');
  const shards = Array.from({ length: settings.PAYLOAD_SHARDS }, (_, index) => {
    const name = `shard-${index + 1}`;
    return { name, socket: folder.socket.replace('redis.sock', `${name}.sock`) };
  });
  const all = [{ name: 'redis', socket: folder.socket }, ...shards];
  const maxmemoryMb = settings.REDIS_MAXMEMORY_MB;
  for (const each of all)
    supervisor.startRedis(redisProgram(path, folder.path, { ...each, maxmemoryMb, passwords }));
  const isOver = (): boolean => supervisor.isStopping;
  for (const { name, socket } of all) {
    const polling = { intervalMs: REDIS_POLL_MS, limitMs: REDIS_START_LIMIT_MS, isOver };
    if ((await waitUntil(() => acceptsConnections(socket), polling)) || isOver()) continue;
    throw new ToolError(`The private Redis "${name}" did not start. See its messages above.`);
  }
  const urls = shards.map(({ name, socket }) => `${name}=unix://${socket}`).join(',');
  return { REDIS_URL: `unix://${folder.socket}`, ...(urls === '' ? {} : { PAYLOAD_REDIS_URLS: urls }) };
}

/** The applications of a run. */
interface Apps {
  layout: ProcessLayout;
  /** Ports of each API. */
  ports: readonly ApiPorts[];
  env: NodeJS.ProcessEnv;
  /** Passwords in Redis that the applications get on standard input. */
  passwords: Partial<RedisPasswords>;
}

/** Starts the workers and the APIs. Resolves to the ports that the APIs listen on. */
function startApps(
  supervisor: Supervisor,
  { MIN_WORKERS, WORKER_IDLE_S }: Settings,
  { layout: { workers }, ports, env, passwords }: Apps,
): Promise<ApiPorts[]> {
  const programs = Array.from({ length: workers }, (_, index) => {
    const name = workers === 1 ? 'worker' : `worker ${index + 1}`;
    return appProgram('worker', name, env, passwords.worker);
  });
  const pool = new WorkerPool(supervisor, programs, {
    min: MIN_WORKERS ?? workers,
    idleMs: 1000 * WORKER_IDLE_S,
  });
  pool.start();
  const apis = ports.map((own, index) => {
    const name = ports.length === 1 ? 'api' : `api ${index + 1}`;
    return startApi(supervisor, appProgram('api', name, { ...env, ...asEnv(own) }, passwords.api), pool);
  });
  return Promise.all(apis);
}

const asEnv = ({ PORT, METRICS_PORT }: ApiPorts): NodeJS.ProcessEnv => ({
  PORT: String(PORT),
  ...(METRICS_PORT !== undefined && { METRICS_PORT: String(METRICS_PORT) }),
});

function startApi(supervisor: Supervisor, api: Program, pool: WorkerPool): Promise<ApiPorts> {
  return new Promise((resolve) => {
    supervisor.startApp(api, (message) => {
      pool.onMessage(message);
      const ports = listeningPorts(message);
      if (ports === undefined) return;
      // Port 0 is a free port: a restarted API takes the same port again.
      Object.assign(api.env, asEnv(ports));
      resolve(ports);
    });
  });
}

/** Prints the addresses when the service is ready. */
async function announce(
  supervisor: Supervisor,
  { HOST, METRICS_HOST, MIN_WORKERS }: Settings,
  ports: readonly ApiPorts[],
): Promise<void> {
  const origins = ports.map(({ PORT }) => originOf(HOST, PORT));
  const boards = ports.flatMap(({ METRICS_PORT: port }) =>
    port === undefined ? [] : [`${originOf(METRICS_HOST, port)}/board`],
  );
  const isOver = (): boolean => supervisor.isStopping;
  const isReady = (): Promise<boolean> => answersOk(`${origins[0]}/readyz`);
  const polling = { intervalMs: READY_POLL_MS, limitMs: SLOW_START_MS, isOver };
  if (!(await waitUntil(isReady, polling)) && !isOver()) {
    say('The service is not ready after a minute. See the messages above. Still waiting.');
    await waitUntil(isReady, { ...polling, limitMs: Infinity });
  }
  if (isOver()) return;
  if (boards.length > 0) say(`Metrics and queue board: ${boards.join(' ')}`);
  say(`Removebg BD is ready: ${origins.join(' ')}`);
  if (MIN_WORKERS === 0) say('No worker runs until there is an image.');
  process.send?.({ type: 'ready', address: origins[0] });
}

/** Checks the settings before any slow step, then installs Redis and prepares the models. */
async function prepare(): Promise<{ settings: Settings; ports: ApiPorts[]; layout: ProcessLayout }> {
  const { yes } = applySettingOptions(process.argv.slice(2));
  warnOfMisspelledSettings();
  const settings = readSettings();
  const ports = planPorts(settings);
  await checkStart(settings, ports);
  const layout = readLayout(settings);
  const redis = settings.REDIS_URL === undefined ? [redisStep(yes ? 0 : INSTALL_NOTICE_MS)] : [];
  await setUp([...redis, 'models']);
  return { settings, ports, layout };
}

/** The password of an external Redis from standard input. Only this process can read it, for all applications. */
function givenPasswords({ REDIS_PASSWORD_FILE }: Settings): Partial<RedisPasswords> {
  if (REDIS_PASSWORD_FILE !== '-') return {};
  try {
    const text = readFileSync(0, 'utf8');
    return { api: text, worker: text };
  } catch {
    throw new ToolError(
      'REDIS_PASSWORD_FILE must not be `-` here: standard input cannot be read.',
      EXIT_CONFIG,
    );
  }
}

async function run(): Promise<number> {
  const { settings, ports, layout } = await prepare();
  const hasPrivateRedis = settings.REDIS_URL === undefined;
  const given = hasPrivateRedis ? {} : givenPasswords(settings);
  const supervisor = new Supervisor(settings.SHUTDOWN_S * 1000 + EXTRA_GRACE_MS);
  // A program that forked this process stops it by its own end.
  process.once('disconnect', () => void supervisor.stop(0));
  const folder = makeRunFolder();
  try {
    const drawn = drawPasswords();
    const redis = hasPrivateRedis
      ? await startPrivateRedis(supervisor, folder, { settings, passwords: drawn })
      : {};
    const own = { ...keyFilesIn(folder.path, settings), THREADS: String(layout.threads) };
    const env = { ...redis, ...own, ...logSettings(settings) };
    const started = startApps(supervisor, settings, {
      layout,
      ports,
      env,
      passwords: hasPrivateRedis ? drawn : given,
    });
    void started.then((found) => announce(supervisor, settings, found));
    return await supervisor.finished;
  } finally {
    await supervisor.stop(1);
    folder.remove();
  }
}

await runCommand(async () => {
  if (process.argv.slice(2).some((arg) => arg === '--version' || arg === '-v')) {
    say(version());
    return 0;
  }
  // Pending timers must not keep the process alive.
  return process.exit(await run());
});
