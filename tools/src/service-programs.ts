import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Settings } from '#config/settings.schema.js';
import { inDist, inRoot } from './paths.js';
import { findProgram } from './processes.js';
import { OWN_SECRETS } from './service-keys.js';

interface CommandLine {
  program: string;
  args: string[];
}

/** A program that the supervisor keeps running. */
export interface Program {
  /** Printed before each line of its output. */
  name: string;
  command: CommandLine;
  /** Read at each start. */
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Its output is printed only when it exits by itself. */
  isQuiet: boolean;
  stdin: 'ignore' | 'inherit' | { text: string };
  /** It gets an IPC channel, and exits when that is closed. */
  hasIpc: boolean;
}

/** Runs a command under the process limits of contained.sh. */
const contained = (kind: 'node' | 'redis', { program, args }: CommandLine): CommandLine => ({
  program: inRoot('tools', 'contained.sh'),
  args: [kind, program, ...args],
});

/** Makes the kernel kill a process when its parent dies. Linux only; elsewhere the command stays as it is. */
function killedWithParent({ program, args }: CommandLine): CommandLine {
  const setpriv = process.platform === 'linux' ? findProgram('setpriv') : undefined;
  if (setpriv === undefined) return { program, args };
  return { program: setpriv, args: ['--pdeathsig', 'KILL', program, ...args] };
}

/**
 * The API or a worker, without the secrets of the other one.
 * @param password of its user in a private Redis
 */
export const appProgram = (
  app: 'api' | 'worker',
  name: string,
  env: NodeJS.ProcessEnv,
  password?: string,
): Program => ({
  name,
  command: contained('node', {
    program: process.execPath,
    args: [inDist('apps', app, 'src', 'main.js')],
  }),
  env: {
    ...withoutOthers(app, { ...process.env, NODE_ENV: 'production', ...env }),
    ...(password !== undefined && { REDIS_PASSWORD_FILE: '-' }),
  },
  cwd: inRoot(),
  isQuiet: false,
  stdin: password === undefined ? 'inherit' : { text: password },
  hasIpc: true,
});

function withoutOthers(app: 'api' | 'worker', env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others: readonly string[] = OWN_SECRETS[app === 'api' ? 'worker' : 'api'];
  return Object.fromEntries(Object.entries(env).filter(([name]) => !others.includes(name)));
}

/**
 * Log settings of the applications. They write to pipes, so this process decides whether a person reads the log on a
 * terminal.
 */
export function logSettings({ LOG_FORMAT }: Pick<Settings, 'LOG_FORMAT'>): NodeJS.ProcessEnv {
  if (!process.stdout.isTTY) return { LOG_FORMAT };
  const { NO_COLOR = '', FORCE_COLOR = NO_COLOR === '' ? '1' : undefined } = process.env;
  return {
    LOG_FORMAT: LOG_FORMAT === 'auto' ? 'text' : LOG_FORMAT,
    ...(FORCE_COLOR !== undefined && { FORCE_COLOR }),
  };
}

/**
 * Passwords of the users of a private Redis, new for each run and only in memory: Redis gets their hashes, each
 * application its own password, all on standard input.
 */
export type RedisPasswords = Readonly<Record<'api' | 'worker', string>>;

const PASSWORD_BYTES = 32;

export const drawPasswords = (): RedisPasswords => ({ api: drawPassword(), worker: drawPassword() });

const drawPassword = (): string => randomBytes(PASSWORD_BYTES).toString('hex');

/**
 * The text of redis.conf with the hashes of these passwords.
 * @throws Error when redis.conf has no line for a user
 */
function redisConfiguration(passwords: RedisPasswords): string {
  return Object.entries(passwords).reduce(
    (text, [user, password]) => {
      const open = `user ${user} on nopass `;
      if (!text.includes(open)) throw new Error(`redis.conf has no line "${open}…"`);
      return text.replace(open, `user ${user} on #${createHash('sha256').update(password).digest('hex')} `);
    },
    readFileSync(inRoot('redis.conf'), 'utf8'),
  );
}

/** One private Redis of a run. */
export interface PrivateRedis {
  name: string;
  socket: string;
  maxmemoryMb: number;
  passwords: RedisPasswords;
}

/**
 * A private Redis with redis.conf, on a socket in a private folder and without a port. It reads its configuration,
 * which contains the passwords, from standard input.
 * @param server path of redis-server
 */
export const redisProgram = (
  server: string,
  folder: string,
  { name, socket, maxmemoryMb, passwords }: PrivateRedis,
): Program => ({
  name,
  command: contained(
    'redis',
    killedWithParent({
      program: server,
      args: [
        '-',
        ...['--port', '0', '--unixsocket', socket, '--unixsocketperm', '700'],
        ...['--dir', folder, '--maxmemory', `${maxmemoryMb}mb`],
      ],
    }),
  ),
  env: process.env,
  cwd: folder,
  isQuiet: true,
  stdin: { text: redisConfiguration(passwords) },
  hasIpc: false,
});
