/** Rights of a user: these commands on these keys. */
interface Grant {
  keys: readonly string[];
  commands: readonly string[];
}

/** A Redis user. */
export interface RedisUser {
  name: 'api' | 'worker';
  /** Rights on records, counters and the queue. */
  control: Grant;
  channels: readonly string[];
  /** Rights on payload, as Redis 7 selectors. */
  payload: readonly Grant[];
}

const CONNECTION = ['auth', 'hello', 'ping', 'info', 'client|setname', 'quit'];
const TRANSACTION = ['multi', 'exec', 'discard', 'eval', 'evalsha', 'script|load', 'time'];
const PUBSUB = ['publish', 'subscribe', 'unsubscribe'];
const GUARD = ['config|get', 'acl|getuser', 'acl|whoami', 'acl|dryrun', 'command', 'memory|malloc-stats'];
const STRINGS = ['get', 'set', 'incr', 'incrby', 'decrby', 'del', 'exists', 'unlink', 'type'];
const EXPIRY = ['pexpire', 'pexpireat', 'pttl', 'persist'];
const HASHES = ['hget', 'hset', 'hmget', 'hmset', 'hgetall', 'hdel', 'hexists', 'hincrby', 'hlen'];
const LISTS = [
  'llen',
  'lrange',
  'lrem',
  'lpush',
  'rpush',
  'lpop',
  'rpop',
  'lpos',
  'ltrim',
  'lindex',
  'rpoplpush',
];
const SETS = ['sadd', 'srem', 'scard', 'smembers', 'sismember'];
const SORTED_SETS = [
  ...['zadd', 'zrem', 'zscore', 'zcard', 'zrank', 'zrange', 'zrevrange', 'zcount', 'zpopmin', 'zrangebylex'],
  ...['zrangebyscore', 'zrevrangebyscore', 'zremrangebyscore', 'zremrangebyrank', 'zlexcount'],
];
const STREAMS = ['xadd', 'xtrim', 'xlen', 'xdel'];
const COMMON = [
  ...[
    CONNECTION,
    TRANSACTION,
    PUBSUB,
    GUARD,
    STRINGS,
    EXPIRY,
    HASHES,
    LISTS,
    SETS,
    SORTED_SETS,
    STREAMS,
  ].flat(),
];

const SHARED_KEYS = [
  ...['rb:q:*', 'rb:{*}:job', 'rb:deadlines', 'rb:reserved', 'rb:reserved-total'],
  ...['rb:tenants', 'rb:turns', 'rb:turns:taken', 'rb:turns:waiting'],
  ...['rb:batched', 'rb:{*}:batch', 'rb:{*}:batch:*'],
  ...['rb:shards', 'rb:shards:seen', 'rb:shard:*'],
  ...['rb:workers', 'rb:pace'],
];

/**
 * The users of Redis. The API writes uploads and cannot read them; workers write results and cannot read them. Neither can
 * list keys, change the configuration, monitor other clients, or copy or dump keys.
 */
export const REDIS_USERS: readonly RedisUser[] = [
  {
    name: 'api',
    control: {
      keys: [...SHARED_KEYS, 'rb:probe', 'rb:rate:*', 'rb:pixels:*', 'rb:retry:*', '%R~rb:metrics:*'],
      commands: COMMON,
    },
    channels: ['rb:*'],
    payload: [
      { keys: ['%W~rb:{*}:in'], commands: ['hset', 'pexpire'] },
      { keys: ['%R~rb:{*}:out:*'], commands: ['hget'] },
      { keys: ['%W~rb:{*}:in', '%W~rb:{*}:out:*'], commands: ['unlink', 'pexpire'] },
    ],
  },
  {
    name: 'worker',
    control: { keys: [...SHARED_KEYS, '%W~rb:metrics:*'], commands: [...COMMON, 'bzpopmin'] },
    channels: ['rb:*'],
    payload: [
      { keys: ['%R~rb:{*}:in'], commands: ['hget'] },
      { keys: ['%W~rb:{*}:out:*'], commands: ['hset', 'pexpire'] },
      { keys: ['%W~rb:{*}:in', '%W~rb:{*}:out:*'], commands: ['unlink', 'pexpire'] },
    ],
  },
];

/** A key pattern as an ACL rule. */
export const keyRule = (key: string): string => (key.startsWith('%') ? key : `~${key}`);
/** A list of commands as ACL rules. */
export const commandRules = (commands: readonly string[]): string =>
  ['-@all', ...commands.map((c) => `+${c}`)].join(' ');

/** The user's line in redis.conf. */
export function userLine({ name, control, channels, payload }: RedisUser): string {
  const selectors = payload.map(({ keys, commands }) => `(${keys.join(' ')} ${commandRules(commands)})`);
  return [
    `user ${name} on nopass resetkeys`,
    ...control.keys.map(keyRule),
    'resetchannels',
    ...channels.map((channel) => `&${channel}`),
    commandRules(control.commands),
    ...selectors,
  ].join(' ');
}

/** All commands that a user may run on any key. */
export const commandsOf = ({ control, payload }: RedisUser): Set<string> =>
  new Set([control, ...payload].flatMap(({ commands }) => commands));
