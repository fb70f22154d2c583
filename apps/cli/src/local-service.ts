import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CommandError, EXIT } from './exit-codes.js';

/** A service that was started for one run. */
export interface LocalService {
  origin: string;
  /** Stops the service and all its processes. */
  stop: () => Promise<void>;
}

const OUTPUT_LINES = 20;
const STOP_TIMEOUT_MS = 40_000;

/** Resolves with the address when the service is ready. @throws CommandError if it exits before */
function ready(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      const { type, address } = message as { type?: unknown; address?: unknown };
      if (type === 'ready' && typeof address === 'string') resolve(address);
    });
    child.once('exit', () =>
      reject(new CommandError(`The service did not start. Its last output:\n${output()}`, EXIT.service)),
    );
  });
}

/**
 * Starts the service of a checkout (`npm start`) on a free port. It runs in its own process group, so that Ctrl-C reaches
 * only this process, which then cancels its jobs first. The service stops when this process exits for any reason.
 * @throws CommandError if it does not start | the signal's reason
 */
export async function startLocal(
  checkout: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<LocalService> {
  const child = fork(join(checkout, 'tools', 'bootstrap.mjs'), ['start'], {
    cwd: checkout,
    detached: true,
    env: { ...env, PORT: '0', HOST: '127.0.0.1', RATE_LIMIT: 'off', LAYOUT: env['LAYOUT'] ?? 'throughput' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      lines.push(...text.split('\n').filter((line) => line !== ''));
      lines.splice(0, lines.length - OUTPUT_LINES);
    });
  }
  const exited = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  };
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    if (signal.aborted) reject(signal.reason as Error);
  });
  try {
    const origin = await Promise.race([ready(child, () => lines.join('\n')), aborted]);
    return { origin, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** True if a folder is a checkout of Removebg BD. */
function isCheckout(folder: string): boolean {
  if (!existsSync(join(folder, 'tools', 'bootstrap.mjs'))) return false;
  try {
    const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: unknown };
    return name === 'removebg-bd';
  } catch {
    return false;
  }
}

/**
 * Finds the folder of a checkout: `REMOVEBG_CHECKOUT`, otherwise the one that contains this program or the current folder.
 * @throws CommandError that says how to get a checkout
 */
export function findCheckout(env: NodeJS.ProcessEnv, command: string): string {
  const program = process.argv[1] === undefined ? '.' : realpathSync(process.argv[1]);
  const given = env['REMOVEBG_CHECKOUT'];
  for (const start of given === undefined ? [dirname(program), process.cwd()] : [given]) {
    for (let folder = start; ; folder = dirname(folder)) {
      if (isCheckout(folder)) return folder;
      if (given !== undefined || dirname(folder) === folder) break;
    }
  }
  throw new CommandError(
    `${command} needs a checkout of Removebg BD on this machine (git clone). Run it there, or set ` +
      'REMOVEBG_CHECKOUT to its folder.',
  );
}
