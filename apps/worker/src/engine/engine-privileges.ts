import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { ownPrivileges } from '#retention/process-checks.js';

/** A program and its arguments. */
export type Command = [program: string, ...args: string[]];

/** The command that starts an engine with as few privileges as possible. */
export interface ConfinedCommand {
  command: Command;
  /** Privileges that the engine keeps, and how to remove them; undefined when it keeps none. */
  fault?: string;
}

const NO_NEW_PRIVILEGES = '--no-new-privs';
const NO_CAPABILITIES = ['--bounding-set=-all', '--inh-caps=-all'];
/** Folders that PATH may leave out. */
const SYSTEM_FOLDERS = ['/usr/bin', '/bin'];

/**
 * The command that starts a program without capabilities, and so that neither it nor its children can gain any (setuid
 * programs, file capabilities). A process with capabilities, such as one of root, drops them; they are kept when the
 * program or its files could not be read without them. Runs programs to find out: call it once per process.
 * @param command the program by its absolute path, and its arguments
 * @param files files that the program must be able to read
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
  'engine.capabilities are kept: a compromised engine would have them; run the worker as an unprivileged user, or ' +
  'install setpriv (util-linux) and make the installation readable without capabilities';
const PRIVILEGES_POSSIBLE =
  'engine.new-privileges are possible: a compromised engine could gain privileges from setuid programs (install setpriv ' +
  'from util-linux)';

/** The absolute path of setpriv: the environment of an engine has no PATH. */
function findSetpriv(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  const paths = folders.filter((folder) => folder !== '').map((folder) => join(folder, 'setpriv'));
  return [...new Set(paths)].find((path) => succeeds([path, '--version']));
}

const succeeds = ([program, ...args]: Command): boolean =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0;
