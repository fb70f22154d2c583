import { contained, dyingWithParent } from './limits.mjs';
import { configurationWith } from './redis.users.mjs';
import { appEntry, inRoot } from './places.mjs';

/**
 * A program that the supervisor keeps running.
 * @typedef {object} Program
 * @property {string} name shown before its output
 * @property {import('./limits.mjs').Command} command
 * @property {NodeJS.ProcessEnv} env
 * @property {string} cwd
 * @property {boolean} quiet its output is shown only when it ends by itself
 * @property {'ignore' | 'inherit' | { text: string }} stdin what it reads from standard input
 * @property {boolean} ipc an application: it gets an IPC channel, and ends when that is closed
 */

/**
 * The API or a worker.
 * @param {'api' | 'worker'} app
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env
 * @param {string} [password] of its user in a private Redis
 * @returns {Program}
 */
export const appProgram = (app, name, env, password) => ({
  name,
  command: contained('node', { program: process.execPath, args: [appEntry(app)] }),
  env: {
    ...{ ...process.env, NODE_ENV: 'production', ...env },
    ...(password !== undefined && { REDIS_PASSWORD_FILE: '-' }),
  },
  cwd: inRoot(),
  quiet: false,
  stdin: password === undefined ? 'inherit' : { text: password },
  ipc: true,
});

/**
 * A private Redis: redis.conf, read from standard input because passwords are in it, and what only this run knows. It
 * listens on a socket in the run's private
 * folder and on no port.
 * @param {string} server path of redis-server
 * @param {import('./run.folder.mjs').RunFolder} folder
 * @param {{ name: string, socket: string, maxmemoryMb: number, passwords: import('./redis.users.mjs').RedisPasswords }} of
 * @returns {Program}
 */
export const redisProgram = (server, folder, { name, socket, maxmemoryMb, passwords }) => ({
  name,
  command: contained(
    'redis',
    dyingWithParent({
      program: server,
      args: [
        '-',
        ...['--port', '0', '--unixsocket', socket, '--unixsocketperm', '700'],
        ...['--dir', folder.path, '--maxmemory', `${maxmemoryMb}mb`],
      ],
    }),
  ),
  env: process.env,
  cwd: folder.path,
  quiet: true,
  stdin: { text: configurationWith(passwords) },
  ipc: false,
});
