import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ROOT } from './places.mjs';

/** Where packages put programs although a user's PATH may not name the folder. */
const MORE_FOLDERS = [
  '/usr/local/bin',
  '/usr/bin',
  '/bin',
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
  '/opt/homebrew/bin',
];

/**
 * Finds a program as a shell would.
 * @param {string} name
 * @param {{ env?: NodeJS.ProcessEnv, folders?: string[] }} [where] `folders` are looked at after PATH
 * @returns {string | undefined} its absolute path
 */
export function findProgram(name, { env = process.env, folders = [] } = {}) {
  const path = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...path, ...folders].map((folder) => join(folder, name)).find(isProgram);
}

/**
 * Finds a program in PATH or in the folders that packages install to.
 * @param {string} name
 */
export const findInstalledProgram = (name) => findProgram(name, { folders: MORE_FOLDERS });

/** @param {string} file */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * @typedef {object} Outcome
 * @property {boolean} ok it ran and ended with status 0
 * @property {number} code its exit status; 1 when it did not run, or was killed
 * @property {string} output what it wrote to stdout and stderr, when that was captured
 */

/**
 * Runs a program to its end and captures what it says. For answers that come at once.
 * @param {string} program
 * @param {string[]} args
 * @returns {Outcome}
 */
export function ask(program, args) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', cwd: ROOT, stdio: 'pipe' });
  return { ok: status === 0, code: status ?? 1, output: `${stdout ?? ''}${stderr ?? ''}` };
}

/**
 * Runs a program to its end in the repository's top folder and lets the reader see what it says.
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, limitMs?: number, quietStdout?: boolean, captured?: boolean }} [options]
 *   `limitMs`: killed after; `captured`: what it says is in the outcome instead
 * @returns {Promise<Outcome>}
 */
export function perform(program, args, { env = process.env, limitMs, quietStdout, captured } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      env,
      stdio: captured
        ? ['ignore', 'pipe', 'pipe']
        : ['ignore', quietStdout ? 'ignore' : 'inherit', 'inherit'],
      ...(limitMs === undefined ? {} : { timeout: limitMs, killSignal: 'SIGKILL' }),
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => (output += text));
    child.once('error', () => resolve({ ok: false, code: 1, output }));
    child.once('close', (code) => resolve({ ok: code === 0, code: code ?? 1, output }));
  });
}

/**
 * Runs another script with this same Node.
 * @param {string[]} args script and arguments
 * @param {Parameters<typeof perform>[2]} [options]
 */
export const performNode = (args, options) => perform(process.execPath, args, options);

/**
 * Runs npm, in the form that belongs to this Node if there is one.
 * @param {string[]} args
 * @param {Parameters<typeof perform>[2]} [options]
 */
export function performNpm(args, options) {
  const script = process.env['npm_execpath'];
  if (script?.endsWith('npm-cli.js') === true) return performNode([script, ...args], options);
  return perform('npm', args, options);
}
