import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { connect, whenReady } from '#broker/redis/redis-connection.js';
import { REDIS_USERS } from '#broker/redis/redis-acl.js';
import { REDIS_EXPECTATIONS } from '#broker/redis/redis-config-checks.js';
import { redisFacts } from '#broker/redis/redis-checks.js';
import { faultsOf, requireRetention } from '#retention/retention-facts.js';
import { RedisProcess } from '../harness/redis-process.js';

/** A value for each guarded setting that could keep or lose an image, where it can be changed at run time. */
const WRONG: Record<string, string> = {
  save: '60 1',
  appendonly: 'yes',
  'shutdown-on-sigterm': 'default',
  'shutdown-on-sigint': 'save',
  'rdb-del-sync-files': 'no',
  'repl-diskless-sync': 'no',
  'repl-diskless-load': 'disabled',
  maxmemory: '0',
  'maxmemory-policy': 'allkeys-lru',
  'maxmemory-clients': '0',
  'slowlog-log-slower-than': '0',
  'slowlog-max-len': '128',
  'acllog-max-len': '128',
  'latency-monitor-threshold': '1',
  'latency-tracking': 'yes',
  'crash-log-enabled': 'yes',
  'crash-memcheck-enabled': 'yes',
  loglevel: 'debug',
  'notify-keyspace-events': 'KEA',
  hz: '10',
  'dynamic-hz': 'yes',
  'active-expire-effort': '1',
  'lazyfree-lazy-expire': 'yes',
  'client-output-buffer-limit': 'normal 0 0 0',
  'client-query-buffer-limit': '1073741824',
  'proto-max-bulk-len': '536870912',
  'stream-node-max-entries': '100',
};

/** Settings that only a start can change; the value given on the command line. */
const WRONG_AT_START: Record<string, string> = {
  logfile: '/dev/null',
  'syslog-enabled': 'yes',
  'enable-debug-command': 'yes',
  'enable-module-command': 'yes',
  'enable-protected-configs': 'yes',
};

const folder = mkdtempSync(join(tmpdir(), 'removebg-guard-'));
const server = new RedisProcess(folder);
const opened: Redis[] = [];

async function open(process: RedisProcess, user: 'api' | 'worker' | 'inspector'): Promise<Redis> {
  const redis = connect(process.urlFor(user), 'control');
  opened.push(redis);
  await whenReady(redis, 5000);
  return redis;
}

const faults = async (redis: Redis): Promise<string[]> => faultsOf(await redisFacts(redis));

beforeAll(() => server.start());

afterAll(async () => {
  for (const redis of opened) redis.disconnect();
  await server.kill();
  rmSync(folder, { recursive: true, force: true });
});

describe('the start-up guard on a real Redis', () => {
  it('given redis.conf as it is, when API and worker look, then nothing is wrong', async () => {
    expect(await faults(await open(server, 'api'))).toEqual([]);
    expect(await faults(await open(server, 'worker'))).toEqual([]);
  });

  it('given every guarded setting, when they are listed, then each has a wrong value to be tried with', () => {
    const tried = [...Object.keys(WRONG), ...Object.keys(WRONG_AT_START), 'activedefrag'];
    expect(tried.sort()).toEqual(REDIS_EXPECTATIONS.map(({ name }) => name).sort());
  });

  it.each(Object.entries(WRONG))(
    'given %s changed to %s, when the API looks, then it refuses',
    async (name, wrong) => {
      const api = await open(server, 'api');
      const inspector = await open(server, 'inspector');
      const [, right] = await inspector.config('GET', name);
      await inspector.config('SET', name, wrong);
      try {
        const found = await redisFacts(api);
        expect(faultsOf(found)).toEqual([expect.stringContaining(`redis.${name} `)]);
        expect(() => requireRetention(found, 'enforce')).toThrow(/could be kept/);
        expect(requireRetention(found, 'warn')).toHaveLength(1);
      } finally {
        await inspector.config('SET', name, right ?? '');
      }
      expect(await faults(api)).toEqual([]);
    },
  );

  it.each(Object.entries(WRONG_AT_START))(
    'given a server started with %s %s, then it refuses',
    async (name, wrong) => {
      const place = mkdtempSync(join(tmpdir(), 'removebg-guard-'));
      const other = new RedisProcess(place, '64mb', [`--${name}`, wrong]);
      await other.start();
      try {
        expect(await faults(await open(other, 'api'))).toEqual([expect.stringContaining(`redis.${name} `)]);
      } finally {
        await other.kill();
        rmSync(place, { recursive: true, force: true });
      }
    },
  );

  it.each([
    ['one more command', 'api', '+flushall'],
    ['the right to watch', 'api', '+monitor'],
    ['the right to change the configuration', 'worker', '+config|set'],
    ['the right to list keys', 'worker', '+scan'],
    ['one more key', 'api', '~*'],
    ['one more channel', 'worker', '&*'],
    ['reading uploads back', 'api', '(~rb:{*}:in +hget)'],
    ['one command fewer', 'api', '-zadd'],
  ] as const)('given %s for the %s user, when it looks, then it refuses', async (_what, name, rule) => {
    const own = await open(server, name);
    const inspector = await open(server, 'inspector');
    await inspector.call('ACL', 'SETUSER', name, rule);
    try {
      expect(await faults(own)).toEqual([expect.stringContaining('redis.user ')]);
    } finally {
      await inspector.call('ACL', 'LOAD').catch(() => undefined);
      await restore(inspector, name);
    }
    expect(await faults(await open(server, name))).toEqual([]);
  });

  it('given the default user switched on, when the worker looks, then it refuses', async () => {
    const inspector = await open(server, 'inspector');
    await inspector.call('ACL', 'SETUSER', 'default', 'on');
    expect(await faults(await open(server, 'worker'))).toEqual([
      expect.stringContaining('redis.default-user '),
    ]);
    await inspector.call('ACL', 'SETUSER', 'default', 'off');
  });

  it('given a user that is not one of ours, when it looks, then it refuses', async () => {
    expect(await faults(await open(server, 'inspector'))).toEqual([expect.stringContaining('redis.user ')]);
  });

  it('given a replica, when the API looks, then it refuses', async () => {
    const inspector = await open(server, 'inspector');
    await inspector.call('REPLICAOF', '127.0.0.1', '1');
    expect(await faults(await open(server, 'api'))).toEqual([expect.stringContaining('redis.replication ')]);
    await inspector.call('REPLICAOF', 'NO', 'ONE');
  });
});

async function restore(inspector: Redis, name: 'api' | 'worker'): Promise<void> {
  const { userLine } = await import('#broker/redis/redis-acl.js');
  const user = REDIS_USERS.find((known) => known.name === name);
  if (user === undefined) throw new Error('no such user');
  const rules = userLine(user)
    .replace(/^user \w+ /, 'reset ')
    .match(/\([^)]*\)|\S+/g);
  await inspector.call('ACL', 'SETUSER', name, ...(rules ?? []));
}
