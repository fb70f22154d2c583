/**
 * The service under the supervisor of `npm start`, with two things that `npm start` has not: a user in Redis who may
 * look at everything, and a network between Redis and the others. Its parent gets `{ port }` by IPC.
 *
 * usage: node supervised.mjs '{ "folder": …, "redisUrl": …, "workers": 2, "maxmemoryMb": 256, "cwd": … }'
 */
import { join } from 'node:path';
import { appProgram, drawPasswords, redisProgram } from '../../dist/tools/src/service-programs.js';
import { listeningPorts } from '../../dist/tools/src/readiness.js';
import { findRedis } from '../../dist/tools/src/set-up.js';
import { Supervisor } from '../../dist/tools/src/supervisor.js';

const GRACE_MS = 12_000;

const { folder, redisUrl, workers, maxmemoryMb, cwd } = JSON.parse(process.argv[2] ?? '{}');
const supervisor = new Supervisor(GRACE_MS);
const passwords = drawPasswords();
const kek = join(folder, 'kek');
const own = { name: 'redis', socket: join(folder, 'redis.sock'), maxmemoryMb, passwords };
const redis = redisProgram(findRedis().path ?? 'redis-server', folder, own);
redis.command.args.push('--user', 'inspector', 'on', 'nopass', '~*', '&*', '+@all');
supervisor.startRedis(redis);
const env = { REDIS_URL: redisUrl, KEK_FILE: kek, THREADS: '1' };
for (let number = 1; number <= workers; number += 1) {
  supervisor.startApp({ ...appProgram('worker', `worker ${number}`, env, passwords.worker), cwd });
}
const api = { ...appProgram('api', 'api', { ...env, PORT: '0' }, passwords.api), cwd };
supervisor.startApp(api, (message) => {
  const port = listeningPorts(message)?.PORT;
  if (port === undefined) return;
  // As `npm start` does: an API that is started again has the same address.
  api.env['PORT'] = String(port);
  process.send?.({ port });
});
// Whoever tests may be killed too.
process.once('disconnect', () => void supervisor.stop(0));
process.exit(await supervisor.finished);
