import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { ownPrivileges } from '#retention/process-checks.js';

/** A program and its arguments. */
export type Command = [program: string, ...args: string[]];

/** How an engine is started with as few privileges as this process can see to. */
export interface ConfinedCommand {
  command: Command;
  /** What is left to it, and how to close that; undefined: nothing. */
  fault?: string;
}

const NO_NEW_PRIVILEGES = '--no-new-privs';
const NO_CAPABILITIES = ['--bounding-set=-all', '--inh-caps=-all'];
/** Folders that PATH may leave out. */
const SYSTEM_FOLDERS = ['/usr/bin', '/bin'];

/**
 * The command that starts a program without capabilities, and so that neither it nor what it starts can gain any
 * (setuid programs, file capabilities). Only a process with capabilities, such as one of root, can and must give them
 * up; where the program or its files could not be read then, they are kept. The result stays the same for the life of a
 * process: call it once.
 * @param command program by its absolute path
 * @param files that it must be able to read
 */
export function confined(command: Command, files: readonly string[]): ConfinedCommand {
  const { canGain, hasCapabilities } = ownPrivileges();
  if (canGain === false && !hasCapabilities) return { command };
  const setpriv = findSetpriv();
  if (setpriv !== undefined) {
    const readable = files.flatMap((file) => ['-a', '-r', file]);
    const without: Command = [setpriv, NO_NEW_PRIVILEGES, ...NO_CAPABILITIES];
    if (hasCapabilities && succeeds([...without, 'test', '-x', command[0], ...readable]))
      return { command: [...without, ...command] };
    const less: Command = [setpriv, NO_NEW_PRIVILEGES];
    if (succeeds([...less, 'true']))
      return { command: [...less, ...command], ...(hasCapabilities && { fault: CAPABILITIES_KEPT }) };
  }
  return { command, fault: hasCapabilities ? CAPABILITIES_KEPT : PRIVILEGES_POSSIBLE };
}

const CAPABILITIES_KEPT =
  'engine.capabilities are kept: a taken-over engine would have them; run the worker as a user without rights, or ' +
  'give root a setpriv (util-linux) and leave to read the installation without capabilities';
const PRIVILEGES_POSSIBLE =
  'engine.new-privileges are possible: a taken-over engine could gain rights from setuid programs (install setpriv ' +
  'of util-linux)';

/** The absolute path of setpriv, because an engine's environment has no PATH. */
function findSetpriv(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  const paths = folders.filter((folder) => folder !== '').map((folder) => join(folder, 'setpriv'));
  return [...new Set(paths)].find((path) => succeeds([path, '--version']));
}

const succeeds = ([program, ...args]: Command): boolean =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0;
