import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inRoot } from './places.mjs';

const PASSWORD_BYTES = 32;

/**
 * Passwords of the users of a private Redis, drawn once a run. They exist in memory alone: Redis gets their hashes and
 * each application its own one, both on standard input.
 * @typedef {Readonly<Record<'api' | 'worker', string>>} RedisPasswords
 */

/** @returns {RedisPasswords} */
export const drawPasswords = () => ({ api: drawPassword(), worker: drawPassword() });

const drawPassword = () => randomBytes(PASSWORD_BYTES).toString('hex');

/**
 * redis.conf in which the users have these passwords, as hashes.
 * @param {RedisPasswords} passwords
 * @returns {string}
 * @throws Error when redis.conf does not have a line for each user
 */
export function configurationWith(passwords) {
  return Object.entries(passwords).reduce(
    (text, [user, password]) => {
      const open = `user ${user} on nopass `;
      if (!text.includes(open)) throw new Error(`redis.conf has no line "${open}…"`);
      return text.replace(open, `user ${user} on #${hashOf(password)} `);
    },
    readFileSync(inRoot('redis.conf'), 'utf8'),
  );
}

/** @param {string} password */
const hashOf = (password) => createHash('sha256').update(password).digest('hex');
