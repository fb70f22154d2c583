import { findInstalledProgram } from './programs.mjs';

/**
 * Runs a command with the limits that make zero retention a fact: no file can be written (`ulimit -f 0`, even
 * by a bug) and no core dump be left. The limits are hard, so the process cannot lift them.
 */
const NO_FILES = 'ulimit -c 0; ulimit -f 0; exec "$@"';

/**
 * @typedef {{ program: string, args: string[] }} Command
 */

/**
 * @param {Command} command
 * @returns {Command} the same under the limits; `exec` keeps it one process
 */
export const withoutFiles = ({ program, args }) => ({
  program: '/bin/sh',
  args: ['-c', NO_FILES, 'sh', program, ...args],
});

/**
 * Makes the kernel kill a process with its parent, for one that cannot watch for that itself. Linux only;
 * elsewhere the command is left as it is.
 * @param {Command} command
 * @returns {Command}
 */
export function dyingWithParent({ program, args }) {
  const setpriv = process.platform === 'linux' ? findInstalledProgram('setpriv') : undefined;
  if (setpriv === undefined) return { program, args };
  return { program: setpriv, args: ['--pdeathsig', 'KILL', program, ...args] };
}
