/**
 * The service under the supervisor of `npm start`, with two things that `npm start` has not: a user in Redis who may
 * look at everything, and a network between Redis and the others. Its parent gets `{ port }` by IPC.
 *
 * With MIN_WORKERS in the environment, workers are started and stopped as `npm start` does it.
 *
 * usage: node supervised.mjs '{ "folder": …, "redisUrl": …, "workers": 2, "maxmemoryMb": 256, "cwd": … }'
 */
import { join } from 'node:path';
import { appProgram, drawPasswords, redisProgram } from '../../dist/tools/src/service-programs.js';
import { listeningPorts } from '../../dist/tools/src/readiness.js';
import { keyFilesIn } from '../../dist/tools/src/service-keys.js';
import { findRedis } from '../../dist/tools/src/set-up.js';
import { Supervisor } from '../../dist/tools/src/supervisor.js';
import { WorkerPool } from '../../dist/tools/src/worker-pool.js';

const GRACE_MS = 12_000;

const { folder, redisUrl, workers, maxmemoryMb, cwd } = JSON.parse(process.argv[2] ?? '{}');
const supervisor = new Supervisor(GRACE_MS);
const passwords = drawPasswords();
const own = { name: 'redis', socket: join(folder, 'redis.sock'), maxmemoryMb, passwords };
const redis = redisProgram(findRedis().path ?? 'redis-server', folder, own);
redis.command.args.push('--user', 'inspector', 'on', 'nopass', '~*', '&*', '+@all');
supervisor.startRedis(redis);
const env = { REDIS_URL: redisUrl, ...keyFilesIn(folder), THREADS: '1' };
const programs = Array.from({ length: workers }, (_, index) => ({
  ...appProgram('worker', `worker ${index + 1}`, env, passwords.worker),
  cwd,
}));
const { MIN_WORKERS: min = workers, WORKER_IDLE_S: idleS = 300 } = process.env;
const pool = new WorkerPool(supervisor, programs, { min: Number(min), idleMs: 1000 * Number(idleS) });
pool.start();
const api = { ...appProgram('api', 'api', { ...env, PORT: '0' }, passwords.api), cwd };
supervisor.startApp(api, (message) => {
  pool.onMessage(message);
  const port = listeningPorts(message)?.PORT;
  if (port === undefined) return;
  // As `npm start` does: an API that is started again has the same address.
  api.env['PORT'] = String(port);
  process.send?.({ port });
});
// Whoever tests may be killed too.
process.once('disconnect', () => void supervisor.stop(0));
process.exit(await supervisor.finished);
