/** `npm start`: everything on this machine, from nothing. */
import { readFileSync } from 'node:fs';
import { EXIT_CONFIG } from './child.keeper.mjs';
import { logSettings } from './output.mjs';
import { inRoot } from './places.mjs';
import { appProgram, redisProgram } from './programs.supervised.mjs';
import { accepts, addressOf, answers, listeningPorts, waitUntil } from './readiness.mjs';
import { drawPasswords } from './redis.users.mjs';
import { LauncherError, runCommand, say } from './report.mjs';
import { makeRunFolder } from './run.folder.mjs';
import { readLayout, readSettings, takeSettingOptions, warnOfMisspelled } from './settings.reader.mjs';
import { BUILD_STEPS, setUp } from './setup.steps.mjs';
import { checkStart, planPorts } from './start.checks.mjs';
import { modelsStep } from './step.models.mjs';
import { findRedis, redisStep } from './step.redis.mjs';
import { Supervisor } from './supervisor.mjs';

const HELP = `npm start -- [options]

Installs what is missing, builds, and runs the service on this machine: a private Redis that keeps nothing,
the API, and workers. Ctrl-C ends all of it and leaves no file and no process.

  --port 3000            port of the API (0: a free one)
  --host 127.0.0.1       address that it listens on
  --workers 2            worker processes (default: by --layout)
  --layout auto          latency: all cores for one image; throughput: one image for each core
  --model isnet          models to load, comma-separated, the default first (\`npm run models -- list\`)
  --provider cpu         where models run: cpu, cuda, tensorrt, dml, coreml, webgpu or auto
  --apis 2               API processes, on --port and the ports after it
  --metrics-port 9464    port of metrics and queue board, one for each API (default: none)
  --redis-url URL        use this Redis instead of a private one
  --payload-shards 3     three more private Redis servers, for the images alone
  --log-level info       silent, error, warn, info or debug
  --log-format auto      json, text, or auto: text on a terminal
  --yes, -y              install system packages (Redis) without a pause
  --version, -v          print the version
  --help, -h             print this

Each option is a setting: --port 3000 is PORT=3000 in the environment, and every other setting works the same way.
\`npm run settings\` lists them all. Other users of this machine can see options, so pass secrets in files.

Other commands: npm test · npm run setup · npm run start:api · npm run start:worker · npm run models -- list`;

const REDIS_START_LIMIT_MS = 10_000;
const REDIS_POLL_MS = 10;
const READY_POLL_MS = 200;
const SLOW_START_MS = 60_000;
/** What the applications get on top of SHUTDOWN_S before they are killed. */
const EXTRA_GRACE_MS = 2000;
/** How long a person has to say no to a system package. */
const INSTALL_NOTICE_MS = 3000;

/** @typedef {import('#config/settings.schema.js').Settings} Settings */
/** @typedef {import('./start.checks.mjs').ApiPorts} ApiPorts */

const version = () => JSON.parse(readFileSync(inRoot('package.json'), 'utf8')).version;

/**
 * Starts private Redis servers and waits for them.
 * @param {Supervisor} supervisor
 * @param {import('./run.folder.mjs').RunFolder} folder
 * @param {{ settings: Settings, passwords: import('./redis.users.mjs').RedisPasswords }} by
 * @returns {Promise<NodeJS.ProcessEnv>} their addresses, as settings
 */
async function startPrivateRedis(supervisor, folder, { settings, passwords }) {
  const { path } = findRedis();
  if (path === undefined) throw new LauncherError('redis-server has gone since the set-up.');
  const names = Array.from({ length: settings.PAYLOAD_SHARDS }, (_, place) => `shard-${place + 1}`);
  const sockets = names.map((name) => folder.socket.replace('redis.sock', `${name}.sock`));
  const maxmemoryMb = settings.REDIS_MAXMEMORY_MB;
  const all = [{ name: 'redis', socket: folder.socket }];
  all.push(...names.map((name, place) => ({ name, socket: sockets[place] ?? '' })));
  for (const each of all)
    supervisor.startRedis(redisProgram(path, folder, { ...each, maxmemoryMb, passwords }));
  const isOver = () => supervisor.isStopping;
  for (const { name, socket } of all) {
    const limits = { everyMs: REDIS_POLL_MS, limitMs: REDIS_START_LIMIT_MS, isOver };
    if ((await waitUntil(() => accepts(socket), limits)) || isOver()) continue;
    throw new LauncherError(`The private ${name} did not start: see its messages above.`);
  }
  const shards = names.map((name, place) => `${name}=unix://${sockets[place]}`).join(',');
  return { REDIS_URL: `unix://${folder.socket}`, ...(shards === '' ? {} : { PAYLOAD_REDIS_URLS: shards }) };
}

/**
 * Starts the APIs and the workers.
 * @param {Supervisor} supervisor
 * @param {{ workers: number, ports: ApiPorts[] }} how many workers, and the ports of each API
 * @param {{ env: NodeJS.ProcessEnv, passwords: Partial<import('./redis.users.mjs').RedisPasswords> }} by what the
 *   launcher decides for them, and their passwords in Redis where they get them from here
 * @returns {Promise<ApiPorts[]>} the ports that the APIs listen on
 */
function startApps(supervisor, { workers, ports }, { env, passwords }) {
  for (let number = 1; number <= workers; number += 1) {
    const name = workers === 1 ? 'worker' : `worker ${number}`;
    supervisor.startApp(appProgram('worker', name, env, passwords.worker));
  }
  const each = ports.map((own, place) => {
    const name = ports.length === 1 ? 'api' : `api ${place + 1}`;
    return startApi(supervisor, appProgram('api', name, { ...env, ...asEnv(own) }, passwords.api));
  });
  return Promise.all(each);
}

/** @param {ApiPorts} ports */
const asEnv = ({ PORT, METRICS_PORT }) => ({
  PORT: String(PORT),
  ...(METRICS_PORT !== undefined && { METRICS_PORT: String(METRICS_PORT) }),
});

/**
 * @param {Supervisor} supervisor
 * @param {import('./programs.supervised.mjs').Program} api
 * @returns {Promise<ApiPorts>} the ports that it listens on
 */
function startApi(supervisor, api) {
  return new Promise((resolve) => {
    supervisor.startApp(api, (message) => {
      const ports = listeningPorts(message);
      if (ports === undefined) return;
      // Port 0 took a free one: a restarted API takes the same again, so that its addresses stay.
      Object.assign(api.env, asEnv(ports));
      resolve(ports);
    });
  });
}

/**
 * Prints the addresses once the whole answers.
 * @param {Supervisor} supervisor
 * @param {Settings} settings
 * @param {readonly ApiPorts[]} ports of one API or more
 */
async function announce(supervisor, { HOST, METRICS_HOST }, ports) {
  const addresses = ports.map(({ PORT }) => addressOf(HOST, PORT));
  const boards = ports.flatMap(({ METRICS_PORT: port }) =>
    port === undefined ? [] : [`${addressOf(METRICS_HOST, port)}/board`],
  );
  const [address = ''] = addresses;
  const isOver = () => supervisor.isStopping;
  const isReady = () => answers(`${address}/readyz`);
  if (!(await waitUntil(isReady, { everyMs: READY_POLL_MS, limitMs: SLOW_START_MS, isOver })) && !isOver()) {
    say('The service is not ready after a minute; see the messages above. Still waiting.');
    await waitUntil(isReady, { everyMs: READY_POLL_MS, limitMs: Infinity, isOver });
  }
  if (isOver()) return;
  if (boards.length > 0) say(`Metrics and queue board: ${boards.join(' ')}`);
  say(`Removebg BD is ready: ${addresses.join(' ')}`);
  process.send?.({ type: 'ready', address: addresses[0] });
}

/**
 * Installs, builds and prepares what is missing. Settings are checked as soon as the program that reads them is
 * built, and before anything else is done.
 * @returns {Promise<{ settings: Settings, ports: ApiPorts[] }>}
 */
async function prepare() {
  await setUp(BUILD_STEPS);
  const { yes } = await takeSettingOptions();
  await warnOfMisspelled();
  const settings = await readSettings();
  const ports = planPorts(settings);
  await checkStart(settings, ports);
  const redis = settings.REDIS_URL === undefined ? [redisStep(yes ? 0 : INSTALL_NOTICE_MS)] : [];
  await setUp([...redis, modelsStep]);
  return { settings, ports };
}

/**
 * The passwords of a Redis that is not ours, where there is one on standard input: all processes get it from here,
 * because only one of them could read it there.
 * @param {Settings} settings
 * @returns {Partial<import('./redis.users.mjs').RedisPasswords>}
 */
function passwordsGiven({ REDIS_PASSWORD_FILE }) {
  if (REDIS_PASSWORD_FILE !== '-') return {};
  try {
    const text = readFileSync(0, 'utf8');
    return { api: text, worker: text };
  } catch {
    throw new LauncherError(
      'REDIS_PASSWORD_FILE must not be `-` here: standard input cannot be read.',
      EXIT_CONFIG,
    );
  }
}

/** @returns {Promise<number>} exit status */
async function run() {
  const { settings, ports } = await prepare();
  const hasRedis = settings.REDIS_URL !== undefined;
  const given = hasRedis ? passwordsGiven(settings) : {};
  const supervisor = new Supervisor(settings.SHUTDOWN_S * 1000 + EXTRA_GRACE_MS);
  // Whatever program has started this one takes it along when it ends.
  process.once('disconnect', () => void supervisor.stop(0));
  const folder = makeRunFolder();
  try {
    const passwords = drawPasswords();
    const redis = hasRedis ? {} : await startPrivateRedis(supervisor, folder, { settings, passwords });
    const { workers, threads } = await readLayout(settings);
    const own = { KEK_FILE: settings.KEK_FILE ?? folder.kek, THREADS: String(threads) };
    const env = { ...redis, ...own, ...logSettings(settings) };
    const started = startApps(
      supervisor,
      { workers, ports },
      { env, passwords: hasRedis ? given : passwords },
    );
    void started.then((found) => announce(supervisor, settings, found));
    return await supervisor.finished;
  } finally {
    await supervisor.stop(1);
    folder.remove();
  }
}

await runCommand(async () => {
  const words = process.argv.slice(2);
  if (words.some((word) => word === '--help' || word === '-h')) return say(HELP);
  if (words.some((word) => word === '--version' || word === '-v')) return say(version());
  const exitCode = await run();
  // Timers of what was being waited for must not hold the process up.
  process.exit(exitCode);
});
