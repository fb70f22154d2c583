import { inRoot } from './places.mjs';
import { findInstalledProgram } from './programs.mjs';

/**
 * @typedef {{ program: string, args: string[] }} Command
 */

/**
 * @param {'node' | 'redis'} kind
 * @param {Command} command
 * @returns {Command} the same under the limits of contained.sh, which replaces itself by it
 */
export const contained = (kind, { program, args }) => ({
  program: inRoot('launcher', 'contained.sh'),
  args: [kind, program, ...args],
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
