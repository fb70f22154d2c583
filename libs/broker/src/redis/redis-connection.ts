import type { Redis, RedisOptions } from 'ioredis';
import { StartError } from '#config/process-lifecycle.js';
import { WatchedRedis, type ConnectionListener, type ConnectionRole } from './redis-health.js';

const RECONNECT_MS = 200;

/**
 * A connection on which Redis owes an answer for this long is given up, and made anew: a network that forgot it would
 * otherwise be noticed by the kernel after a quarter of an hour. Payload may be on a slow way. Only time in which this
 * process runs counts.
 */
const SILENCE_MS = 2000;
const PAYLOAD_SILENCE_MS = 3000;

/** How long a worker's blocking connection waits for a job at a time; it asks for more by itself. */
export const CONSUMER_BLOCKS_MS = 1000;

const NO_PASSWORD = 'none';

/** How to reach a server, in the terms of ioredis. */
interface Address {
  path?: string;
  host?: string;
  port?: number;
  username?: string;
  password?: string;
  tls?: object;
}

/** Connection options in the terms of ioredis. */
export interface ConnectionSettings extends Address {
  connectTimeout: number;
  retryStrategy: () => number;
  maxRetriesPerRequest: number | null;
  autoResubscribe?: boolean;
  enableOfflineQueue?: boolean;
  autoResendUnfulfilledCommands?: boolean;
}

/**
 * The address as one of the users that redis.conf makes, unless it names a user itself. A user without a password is
 * given a word all the same, because the protocol wants one.
 * @param password of that user; unset: none
 */
export function addressAs(user: string, url: string, password = NO_PASSWORD): string {
  const parsed = new URL(url);
  if (parsed.protocol === 'unix:') {
    if (parsed.searchParams.has('user')) return parsed.href;
    parsed.searchParams.set('user', user);
    parsed.searchParams.set('password', password);
  } else if (parsed.username === '') {
    parsed.username = user;
    if (parsed.password === '') parsed.password = password;
  }
  return parsed.href;
}

/**
 * Host, port and credentials, or socket path and user, of a Redis address: `redis://user:password@host:port`,
 * `rediss://…`, `unix:///path?user=name&password=…`.
 * @throws TypeError when it is no such address
 */
export function addressOptions(url: string): Address {
  const parsed = new URL(url);
  if (parsed.protocol === 'unix:') {
    const user = parsed.searchParams.get('user');
    return {
      path: decodeURIComponent(parsed.pathname),
      ...(user !== null && { username: user, password: parsed.searchParams.get('password') ?? NO_PASSWORD }),
    };
  }
  if (parsed.protocol !== 'redis:' && parsed.protocol !== 'rediss:')
    throw new TypeError('not a Redis address');
  return {
    // Node connects to an IPv6 address without its brackets.
    host: parsed.hostname.replaceAll(/[[\]]/g, ''),
    port: Number(parsed.port || 6379),
    ...(parsed.username !== '' && { username: decodeURIComponent(parsed.username) }),
    ...(parsed.password !== '' && { password: decodeURIComponent(parsed.password) }),
    ...(parsed.protocol === 'rediss:' && { tls: {} }),
  };
}

/**
 * Options of one role. Commands of `control`, `payload` and `queue` fail fast instead of waiting in memory: a
 * submission that lands after an outage, without its payload, would be a job that nobody asked for any more.
 * `subscriber` restores its subscriptions itself; `consumer` is BullMQ's blocking connection, which is silent while
 * there is nothing to do.
 */
export function roleOptions(url: string, role: ConnectionRole): ConnectionSettings {
  const base: ConnectionSettings = {
    ...addressOptions(url),
    // A connection that does not come about is given up like one that is silent.
    connectTimeout: 0,
    retryStrategy: () => RECONNECT_MS,
    maxRetriesPerRequest: null,
  };
  if (role === 'consumer') return base;
  if (role === 'subscriber') return { ...base, autoResubscribe: false };
  return {
    ...base,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  };
}

/** Opens a connection of the given role. `onChange` receives its losses and when it is usable again. */
export function connect(
  url: string,
  role: ConnectionRole,
  onChange: ConnectionListener = () => undefined,
): Redis {
  return new WatchedRedis(roleOptions(url, role), { role, silenceMs: silenceMsOf(role), onChange });
}

function silenceMsOf(role: ConnectionRole): number {
  if (role === 'consumer') return CONSUMER_BLOCKS_MS + SILENCE_MS;
  return role === 'payload' ? PAYLOAD_SILENCE_MS : SILENCE_MS;
}

/** Redis answers, and does not know the user. */
export class UnknownRedisUserError extends Error {
  override readonly name = 'StrangerError';
}

/** Why a connection does not come about, by the code of its last error. */
const OBSTACLES: Record<string, string> = {
  ECONNREFUSED: 'connection refused, nothing listens there',
  ENOENT: 'there is no such socket',
  EACCES: 'this user may not use the socket',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ECONNRESET: 'the connection was closed before an answer came',
};

/** Redis cannot be reached, or does not answer. The message names where it was looked for, and no user or password. */
export class UnreachableError extends StartError {
  override readonly name = 'UnreachableError';

  /** @param code of the last error; undefined: there was none, and no answer */
  constructor(
    { path, host = '', port = 0 }: Pick<RedisOptions, 'path' | 'host' | 'port'>,
    code: string | undefined,
  ) {
    const place = path ?? `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const obstacle = code === undefined ? 'no answer came in time' : (OBSTACLES[code] ?? `error ${code}`);
    super(`Redis at ${place} cannot be reached: ${obstacle}.`);
  }
}

/**
 * Resolves once the connection is usable.
 * @throws UnknownRedisUserError when Redis refuses the user
 * @throws UnreachableError after `timeoutMs` without an answer
 */
export async function whenReady(redis: Redis, timeoutMs: number): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      redis.off('ready', onReady).off('error', onError);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onReady = (): void => settle();
    let code: string | undefined;
    const onError = ({ message, code: found }: NodeJS.ErrnoException): void => {
      code = found;
      if (/^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR wrong number)/.test(message))
        settle(new UnknownRedisUserError());
    };
    const timer = setTimeout(() => settle(new UnreachableError(redis.options, code)), timeoutMs);
    redis.once('ready', onReady).on('error', onError);
  });
}
