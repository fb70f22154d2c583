import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ROOT } from './paths.js';

/** Folders of programs that the PATH of a user may lack. */
const PROGRAM_FOLDERS = [
  ...['/usr/local/bin', '/usr/bin', '/bin'],
  ...['/usr/local/sbin', '/usr/sbin', '/sbin', '/opt/homebrew/bin'],
];

/** Absolute path of a program in PATH, or in the folders that packages install to. */
export function findProgram(name: string): string | undefined {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...path, ...PROGRAM_FOLDERS].map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

export interface Outcome {
  /** The program ran and exited with 0. */
  ok: boolean;
  /** Exit status; 1 when the program did not start or was killed. */
  code: number;
  /** What it wrote to stdout and stderr, when that was captured. */
  output: string;
}

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  /** The program is killed after this time. */
  limitMs?: number;
  /** Its stdout is discarded. */
  isQuiet?: boolean;
  /** Its output goes into the outcome instead of this process's output. */
  isCaptured?: boolean;
}

/** Runs a short program synchronously and captures its output. */
export function runSync(program: string, args: string[]): Outcome {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    ...{ encoding: 'utf8', cwd: ROOT, stdio: 'pipe' },
  });
  return { ok: status === 0, code: status ?? 1, output: error ? '' : `${stdout}${stderr}` };
}

/** Runs a program to its end in the root of the repository. */
export function run(
  program: string,
  args: string[],
  { env = process.env, limitMs, isQuiet, isCaptured }: RunOptions = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      env,
      stdio: isCaptured ? ['ignore', 'pipe', 'pipe'] : ['ignore', isQuiet ? 'ignore' : 'inherit', 'inherit'],
      ...(limitMs === undefined ? {} : { timeout: limitMs, killSignal: 'SIGKILL' }),
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', () => resolve({ ok: false, code: 1, output }));
    child.once('close', (code) => resolve({ ok: code === 0, code: code ?? 1, output }));
  });
}

/** Runs a script with this version of Node. */
export const runNode = (args: string[], options?: RunOptions): Promise<Outcome> =>
  run(process.execPath, args, options);

/** Runs npm: the one that runs this command, where there is one. */
export function runNpm(args: string[], options?: RunOptions): Promise<Outcome> {
  const script = process.env['npm_execpath'];
  if (script?.endsWith('npm-cli.js') === true) return runNode([script, ...args], options);
  return run('npm', args, options);
}

/** Compiles a project with its tsconfig.json; true when it succeeds. */
export async function compile(project: string): Promise<boolean> {
  return (await runNode([join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', project])).ok;
}
