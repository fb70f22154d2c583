/** `npm start`: everything on this machine, from nothing. */
import { appProgram, redisProgram } from './programs.supervised.mjs';
import { accepts, addressOf, answers, listeningPort, waitUntil } from './readiness.mjs';
import { drawPasswords } from './redis.users.mjs';
import { LauncherError, runCommand, say } from './report.mjs';
import { makeRunFolder } from './run.folder.mjs';
import { readLayout, readSettings } from './settings.reader.mjs';
import { APP_STEPS, setUp, START_STEPS } from './setup.steps.mjs';
import { findRedis } from './step.redis.mjs';
import { Supervisor } from './supervisor.mjs';

const HELP = `npm start

Installs what is missing, builds, and runs the service on this machine: a private Redis that keeps nothing,
the API, and workers. Ctrl-C ends all of it and leaves no file and no process.

Settings are environment variables; the README lists them all. The ones most wanted:
  PORT=3000              port of the API (0: a free one)
  HOST=127.0.0.1         address it listens on
  LAYOUT=auto            latency: all cores for one image; throughput: one image each
  PROVIDER=cpu           or an accelerator: cuda, dml, coreml, …, auto
  REDIS_URL=…            use this Redis instead of a private one
  PAYLOAD_SHARDS=3       three more private Redis for the images, the first one for the rest
  APIS=2                 two API processes, on PORT and the one after it

Other commands: npm test · npm run setup · npm run start:api · npm run start:worker · npm run models -- list`;

const REDIS_START_LIMIT_MS = 10_000;
const REDIS_POLL_MS = 10;
/** Each question is a line in the API's access log. */
const READY_POLL_MS = 200;
const SLOW_START_MS = 60_000;
/** What the applications get on top of SHUTDOWN_S before they are killed. */
const EXTRA_GRACE_MS = 2000;

/** @typedef {import('#settings/settings.schema.js').Settings} Settings */

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
 * @param {{ apis: number, workers: number, port: number }} how many of each, and the first API's port
 * @param {{ env: NodeJS.ProcessEnv, passwords: Partial<import('./redis.users.mjs').RedisPasswords> }} by what the
 *   launcher decides for them, and their passwords in a private Redis
 * @returns {Promise<number[]>} the ports that the APIs listen on
 */
function startApps(supervisor, { apis, workers, port }, { env, passwords }) {
  for (let number = 1; number <= workers; number += 1) {
    const name = workers === 1 ? 'worker' : `worker ${number}`;
    supervisor.startApp(appProgram('worker', name, env, passwords.worker));
  }
  const each = Array.from({ length: apis }, (_, place) => {
    const name = apis === 1 ? 'api' : `api ${place + 1}`;
    const own = { ...env, PORT: String(port === 0 ? 0 : port + place) };
    return startApi(supervisor, appProgram('api', name, own, passwords.api));
  });
  return Promise.all(each);
}

/**
 * @param {Supervisor} supervisor
 * @param {import('./programs.supervised.mjs').Program} api
 * @returns {Promise<number>} the port that it listens on
 */
function startApi(supervisor, api) {
  return new Promise((resolve) => {
    supervisor.startApp(api, (message) => {
      const port = listeningPort(message);
      if (port === undefined) return;
      // PORT=0 took a free one: a restarted API takes the same again, so that its address stays.
      api.env['PORT'] = String(port);
      resolve(port);
    });
  });
}

/**
 * Prints the addresses once the whole answers.
 * @param {Supervisor} supervisor
 * @param {string[]} addresses of one API or more
 */
async function announce(supervisor, addresses) {
  const [address = ''] = addresses;
  const isOver = () => supervisor.isStopping;
  const isReady = () => answers(`${address}/readyz`);
  if (!(await waitUntil(isReady, { everyMs: READY_POLL_MS, limitMs: SLOW_START_MS, isOver })) && !isOver()) {
    say('Still not ready after a minute: see the messages above. Waiting on.');
    await waitUntil(isReady, { everyMs: READY_POLL_MS, limitMs: Infinity, isOver });
  }
  if (isOver()) return;
  say(`Removebg BD is ready: ${addresses.join(' ')}`);
  process.send?.({ type: 'ready', address: addresses[0] });
}

/** @returns {Promise<number>} exit status */
async function run() {
  const hasRedis = (process.env['REDIS_URL'] ?? '') !== '';
  await setUp(hasRedis ? APP_STEPS : START_STEPS);
  const settings = await readSettings();
  const supervisor = new Supervisor(settings.SHUTDOWN_S * 1000 + EXTRA_GRACE_MS);
  // Whatever program has started this one takes it along when it ends.
  process.once('disconnect', () => void supervisor.stop(0));
  const folder = makeRunFolder();
  try {
    const passwords = drawPasswords();
    const redis = hasRedis ? {} : await startPrivateRedis(supervisor, folder, { settings, passwords });
    const { workers, threads } = await readLayout(settings);
    const env = { ...redis, KEK_FILE: settings.KEK_FILE ?? folder.kek, THREADS: String(threads) };
    const counts = { apis: settings.APIS, workers, port: settings.PORT };
    void startApps(supervisor, counts, { env, passwords: hasRedis ? {} : passwords }).then((ports) =>
      announce(
        supervisor,
        ports.map((port) => addressOf(settings.HOST, port)),
      ),
    );
    return await supervisor.finished;
  } finally {
    await supervisor.stop(1);
    folder.remove();
  }
}

await runCommand(async () => {
  if (process.argv.includes('--help') || process.argv.includes('-h')) return say(HELP);
  const exitCode = await run();
  // Timers of what was being waited for must not hold the process up.
  process.exit(exitCode);
});
