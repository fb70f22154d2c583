import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { CommandError, EXIT } from './exit-codes.js';

/** The service, started for one run. */
export interface LocalService {
  origin: string;
  /** Ends it, and everything it has started. */
  stop: () => Promise<void>;
}

const HELD_LINES = 20;
const STOP_LIMIT_MS = 40_000;

/** Resolves with the address once the service answers. @throws CommandError when it ends before */
function ready(child: ChildProcess, said: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      const { type, address } = message as { type?: unknown; address?: unknown };
      if (type === 'ready' && typeof address === 'string') resolve(address);
    });
    child.once('exit', () =>
      reject(new CommandError(`The service did not start. It said:\n${said()}`, EXIT.service)),
    );
  });
}

/**
 * Starts the embedded service of a checkout (`npm start`) on a free port of this machine, in a process group of its own:
 * Ctrl-C is ours, so that its jobs can be cancelled first. It ends when this process does, however that comes.
 * @throws CommandError when it does not start | the signal's reason
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
      lines.splice(0, lines.length - HELD_LINES);
    });
  }
  const exited = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
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
