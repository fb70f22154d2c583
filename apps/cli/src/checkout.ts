import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CommandError } from './exit-codes.js';

/** True when a folder is a checkout of the service. */
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
 * Folder of the service's checkout: the one that `REMOVEBG_CHECKOUT` names, that this program belongs to, or that it is
 * called in.
 * @throws CommandError that says how to get one
 */
export function findCheckout(env: NodeJS.ProcessEnv, wanted: string): string {
  const program = process.argv[1] === undefined ? '.' : realpathSync(process.argv[1]);
  const given = env['REMOVEBG_CHECKOUT'];
  for (const start of given === undefined ? [dirname(program), process.cwd()] : [given]) {
    for (let folder = start; ; folder = dirname(folder)) {
      if (isCheckout(folder)) return folder;
      if (given !== undefined || dirname(folder) === folder) break;
    }
  }
  throw new CommandError(
    `${wanted} needs a checkout of Removebg BD on this machine (git clone). Call it from there, or set ` +
      'REMOVEBG_CHECKOUT to its folder.',
  );
}
