import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const PROGRAM = 'dist/apps/cli/src/removebg.command.js';

/** What a command came to. */
export interface Ended {
  code: number | null;
  stdout: Buffer;
  stderr: string;
  /** Lines of the standard output, read as JSON. */
  lines: Record<string, unknown>[];
}

/** A command under way. */
export interface Running {
  child: ChildProcess;
  /** What it has said on the standard error so far. */
  said: () => string;
  ended: Promise<Ended>;
}

/** Settings of one call. */
export interface CallOptions {
  env?: NodeJS.ProcessEnv;
  input?: Buffer;
}

/** Starts the command line as built, in an environment without settings of its own. */
export function startCommand(args: string[], { env = {}, input }: CallOptions = {}): Running {
  const bare = { ...process.env, REMOVEBG_SERVER: '', REMOVEBG_KEY: '', ...env };
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: bare, stdio: 'pipe' });
  const out: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (piece: Buffer) => out.push(piece));
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const ended = once(child, 'close').then(([code]): Ended => {
    const stdout = Buffer.concat(out);
    return {
      ...{ code: code as number | null, stdout, stderr },
      get lines() {
        const text = stdout.toString().trim();
        return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
      },
    };
  });
  return { child, said: () => stderr, ended };
}

/** Runs the command line to its end. */
export const removebg = (args: string[], options?: CallOptions): Promise<Ended> =>
  startCommand(args, options).ended;
