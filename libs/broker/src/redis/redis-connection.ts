import type { Redis, RedisOptions } from 'ioredis';
import { StartError } from '#config/process-lifecycle.js';
import { WatchedRedis, type ConnectionListener, type ConnectionRole } from './redis-health.js';

/** Time for a closing connection to end. ioredis keeps a timer of this length, also for a closed one. */
const DISCONNECT_MS = 100;
const RECONNECT_MS = 200;

/**
 * A connection without an answer from Redis for this long is closed and reopened. The kernel alone detects a connection that
 * the network dropped after a quarter of an hour. Payload may be on a slow link. Only time in which this process runs counts.
 */
const SILENCE_MS = 2000;
const PAYLOAD_SILENCE_MS = 3000;

/** How long one blocking read of a worker's consumer connection waits for a job. */
export const CONSUMER_BLOCK_MS = 1000;

const NO_PASSWORD = 'none';

/** Address of a server, as ioredis options. */
interface Address {
  path?: string;
  host?: string;
  port?: number;
  username?: string;
  password?: string;
  tls?: object;
}

/** Connection options of ioredis. */
export interface ConnectionSettings extends Address {
  connectTimeout: number;
  disconnectTimeout: number;
  retryStrategy: () => number;
  maxRetriesPerRequest: number | null;
  autoResubscribe?: boolean;
  enableOfflineQueue?: boolean;
  autoResendUnfulfilledCommands?: boolean;
}

/**
 * The address with one of the users of redis.conf, unless it already names a user. The protocol requires a password, so a
 * user without one gets a placeholder.
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
    // Node takes an IPv6 address without brackets.
    host: parsed.hostname.replaceAll(/[[\]]/g, ''),
    port: Number(parsed.port || 6379),
    ...(parsed.username !== '' && { username: decodeURIComponent(parsed.username) }),
    ...(parsed.password !== '' && { password: decodeURIComponent(parsed.password) }),
    ...(parsed.protocol === 'rediss:' && { tls: {} }),
  };
}

/**
 * Options of one role. Commands of `control`, `payload` and `queue` fail at once during an outage: a submission that is sent
 * after it would be a job without a client. `subscriber` restores its subscriptions itself. `consumer` is BullMQ's blocking
 * connection, which is silent without jobs.
 */
export function roleOptions(url: string, role: ConnectionRole): ConnectionSettings {
  const base: ConnectionSettings = {
    ...addressOptions(url),
    // `WatchedRedis` has the limit.
    connectTimeout: 0,
    disconnectTimeout: DISCONNECT_MS,
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

/** Opens a connection. `onChange` receives its losses and restorations. */
export function connect(
  url: string,
  role: ConnectionRole,
  onChange: ConnectionListener = () => undefined,
): Redis {
  return new WatchedRedis(roleOptions(url, role), { role, silenceMs: silenceMsOf(role), onChange });
}

function silenceMsOf(role: ConnectionRole): number {
  if (role === 'consumer') return CONSUMER_BLOCK_MS + SILENCE_MS;
  return role === 'payload' ? PAYLOAD_SILENCE_MS : SILENCE_MS;
}

/** Redis refuses the user. */
export class UnknownRedisUserError extends Error {
  override readonly name = 'StrangerError';
}

/** Why a connection cannot be opened, by the code of its last error. */
const CAUSES: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ENOENT: 'the socket does not exist',
  EACCES: 'permission denied for the socket',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'the host name cannot be resolved',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ECONNRESET: 'the connection was closed before an answer',
};

/** Redis cannot be reached, or does not answer. The message has its address, without user and password. */
export class UnreachableError extends StartError {
  override readonly name = 'UnreachableError';

  /** @param code of the last error; undefined: there was no answer */
  constructor(
    { path, host = '', port = 0 }: Pick<RedisOptions, 'path' | 'host' | 'port'>,
    code: string | undefined,
  ) {
    const place = path ?? `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const cause = code === undefined ? 'no answer in time' : (CAUSES[code] ?? `error ${code}`);
    super(`Redis at ${place} cannot be reached: ${cause}.`);
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
