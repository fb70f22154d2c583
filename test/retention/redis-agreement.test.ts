import { readFileSync } from 'node:fs';
import { REDIS_USERS, userLine } from '#broker/redis/redis-acl.js';
import { REDIS_EXPECTATIONS } from '#broker/redis/redis-config-checks.js';

const lines = readFileSync('redis.conf', 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
const directives = lines.map((line) => line.split(' ')[0]);

/** Directives that close no leak: where the server listens, how it runs, how it frees. */
const NOT_GUARDED = [
  ...['port', 'protected-mode', 'daemonize', 'supervised', 'databases', 'disable-thp', 'timeout', 'user'],
  ...['stop-writes-on-bgsave-error', 'lazyfree-lazy-eviction', 'lazyfree-lazy-server-del'],
  'lazyfree-lazy-user-del',
];

describe('redis.conf and the start-up guard', () => {
  it('given redis.conf, when its users are read, then they are the ones the guard expects', () => {
    const users = lines.filter((line) => line.startsWith('user '));
    expect(users).toEqual([
      'user default off nopass resetkeys resetchannels -@all',
      ...REDIS_USERS.map(userLine),
    ]);
  });

  it('given redis.conf, when its directives are listed, then the guard checks each one that closes a leak', () => {
    const mapRedisErrors = REDIS_EXPECTATIONS.map(({ name }) => name);
    const unguarded = [...new Set(directives)].filter((name) => !mapRedisErrors.includes(name ?? ''));
    expect(unguarded.sort()).toEqual([...NOT_GUARDED].sort());
    for (const name of mapRedisErrors) expect(directives).toContain(name);
  });

  it('given redis.conf, when its lines are read, then a comment precedes each group of directives', () => {
    const text = readFileSync('redis.conf', 'utf8').split('\n');
    const bare = text.filter((line, i) => line !== '' && !line.startsWith('#') && (text[i - 1] ?? '') === '');
    expect(bare).toEqual([]);
  });
});
