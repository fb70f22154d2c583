/**
 * A distributed service on this machine: nginx with the files of deploy/nginx, two APIs, two workers, one control
 * Redis, three payload Redis. While photos are processed, one shard, one API and one worker are killed permanently.
 * Afterwards every accepted job must have been delivered once or reported as failed, every photo must have come back,
 * and no Redis may hold data. With `--audit` the audit searches the memory of the remaining processes, nginx
 * included, for images.
 *
 * usage: npm run bench -- scale [--photos 60] [--megapixels 0.25] [--clients 12] [--audit] [--json] [--save]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { EdgeProcess } from '../../test/harness/edge-process.js';
import { ShardedSystem } from '../../test/harness/sharded-system.js';
import { argument, show, tenth } from '../lib/figures.js';
import { PhotoAccount, type End } from './photo-account.js';
import { photoOf } from '../lib/photo.js';

const NOT_ASKED = 'not asked for';
const photos = Number(argument('photos', '60'));
const clients = Number(argument('clients', '12'));
const photo = await photoOf(Number(argument('megapixels', '0.25')));
// nginx uses a self-signed certificate, made for this run.
process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';

const sharded = new ShardedSystem(['a', 'b', 'c'], { THREADS: '1', TRUST_PROXY: '127.0.0.1' });
const { system } = sharded;
let edge: EdgeProcess | undefined;
try {
  await sharded.start(2);
  await system.startApi();
  const apis = system.apis.map(({ url }) => url);
  edge = await EdgeProcess.start({ upstreams: apis.map((url) => new URL(url).host) });
  const startedAt = performance.now();
  const { account, killed } = await run(edge.url);
  const seconds = (performance.now() - startedAt) / 1000;
  const wrong = await account.wrong();
  const alive = sharded.shards.filter(({ name }) => !killed.includes(`shard ${name}`));
  await sharded.nothingRemains(alive);
  const ends: Partial<Record<End, number>> = {};
  for (const { end } of account.jobs) ends[end] = (ends[end] ?? 0) + 1;
  const audit = process.argv.includes('--audit') ? await auditOf(edge) : NOT_ASKED;
  const balances = wrong.length === 0 && (ends.delivered ?? 0) === photos;
  show('scale', {
    ...{ photos, clients, killed },
    ...{ promised: account.jobs.length, ends, refusals: account.refusals, wrong, balances, audit },
    photosPerSecond: tenth(photos / seconds),
  });
  process.exitCode = balances && ['found nothing', NOT_ASKED].includes(audit) ? 0 : 1;
} finally {
  await edge?.stop();
  await sharded.stop();
}

/** Sends all photos, and kills a part after a quarter, half, and three quarters of them. */
async function run(url: string): Promise<{ account: PhotoAccount; killed: string[] }> {
  const killed: string[] = [];
  const plan: [share: number, name: string, kill: () => unknown][] = [
    [0.25, 'shard b', () => sharded.shard('b').redis.kill()],
    [0.5, 'API 2', () => system.apis[1]?.child.kill('SIGKILL')],
    [0.75, 'worker 2', () => system.workers[1]?.child.kill('SIGKILL')],
  ];
  let delivered = 0;
  const account = new PhotoAccount([url], () => {
    delivered += 1;
    const [share = 1, name = '', kill] = plan[0] ?? [];
    if (kill === undefined || delivered < share * photos) return;
    plan.shift();
    killed.push(name);
    process.stderr.write(`${delivered} of ${photos} photos: ${name} is killed\n`);
    void kill();
  });
  let left = photos;
  const client = async (): Promise<void> => {
    while (left-- > 0) await account.send(photo);
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { account, killed };
}

/** Runs the audit of the remaining processes. */
async function auditOf(edge: EdgeProcess): Promise<string> {
  const pid = (role: string, number: number | undefined): string[] => ['--pid', `${role}=${number ?? 0}`];
  const redis = [system.redis, ...sharded.shards.map((shard) => shard.redis)].filter((each) => each.pid > 0);
  const front = edge.pids.flatMap((each) => pid('nginx', each));
  const child = spawn(
    process.execPath,
    [
      'dist/apps/audit/src/main.js',
      ...['--url', edge.url],
      ...[...pid('api', system.apis[0]?.child.pid), ...pid('worker', system.workers[0]?.child.pid), ...front],
      ...redis.flatMap((each) => [...pid('redis', each.pid), '--redis-url', each.urlFor('inspector')]),
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  return code === 0 ? 'found nothing' : code === 1 ? 'found something' : `ended with ${String(code)}`;
}
