import type { ServiceSettings } from '#config/process-lifecycle.js';
import { RetentionGuardError } from '#retention/retention-facts.js';
import { addressAs, connect, UnknownRedisUserError, whenReady } from './redis-connection.js';

/** User of an application, and whether an unknown user is allowed, as on a development machine. */
export interface Authentication {
  user: 'api' | 'worker';
  /** Password of the user; unset: none. */
  password: string | undefined;
  guard: ServiceSettings['RETENTION_GUARD'];
  /** How long to wait for a first answer. */
  limitMs: number;
}

/**
 * The address at which Redis accepts this application: with its own user or, with `guard` `warn`, as given.
 * @throws RetentionGuardError when Redis refuses the user: it does not use redis.conf, or the password is wrong
 * @throws UnreachableError when it does not answer
 */
export async function authenticate(
  given: string,
  { user, password, guard, limitMs }: Authentication,
): Promise<string> {
  const url = addressAs(user, given, password);
  const trial = connect(url, 'control');
  try {
    await whenReady(trial, limitMs);
    return url;
  } catch (error) {
    if (!(error instanceof UnknownRedisUserError)) throw error;
    if (guard === 'warn') return given;
    throw new RetentionGuardError([
      `redis.user is refused: this Redis does not use redis.conf, or ${user} has another password ` +
        '(REDIS_PASSWORD_FILE)',
    ]);
  } finally {
    trial.disconnect();
  }
}
