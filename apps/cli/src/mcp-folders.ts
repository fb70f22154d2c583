import { lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { ToolFault } from './mcp-fault.js';

/** A file that a tool may write. */
export interface WritablePath {
  /** Without symbolic links. */
  path: string;
  exists: boolean;
}

/** True if `path` is `folder` or in it. Both without symbolic links. */
export function isInside(folder: string, path: string): boolean {
  const rest = relative(folder, path);
  return rest !== '..' && !rest.startsWith(`..${sep}`) && !isAbsolute(rest);
}

/**
 * The path without symbolic links; parts at its end that do not exist are kept. Undefined if it cannot be resolved: a link to
 * nowhere, a loop, a folder that cannot be entered.
 */
async function resolved(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    if (!isMissing || dirname(path) === path) return undefined;
    // It exists and still cannot be resolved: a link to nowhere.
    if ((await lstat(path).catch(() => undefined)) !== undefined) return undefined;
    const folder = await resolved(dirname(path));
    return folder === undefined ? undefined : join(folder, basename(path));
  }
}

/** The folders that tools may use. A path counts by where it leads after symbolic links. */
export class AllowedFolders {
  private constructor(
    /** Absolute, without symbolic links. Relative paths start at the first one. */
    readonly folders: readonly string[],
  ) {}

  /** The folders of this list that exist. */
  static async of(paths: readonly string[]): Promise<AllowedFolders> {
    const found = await Promise.all(
      paths.map(async (path) => {
        const real = await realpath(resolve(path)).catch(() => undefined);
        return real !== undefined && (await stat(real)).isDirectory() ? [real] : [];
      }),
    );
    return new AllowedFolders([...new Set(found.flat())]);
  }

  /** A file to read. @throws ToolFault */
  async file(argument: string, given: string): Promise<string> {
    const path = await this.locate(argument, given);
    const facts = await stat(path).catch(() => undefined);
    if (facts?.isFile() === true) return path;
    if (facts?.isDirectory() === true)
      throw new ToolFault('invalid-argument', `"${argument}" is a folder: ${path}. Name a file`);
    throw new ToolFault('file-not-found', `"${argument}": there is no file ${path}`);
  }

  /** A folder to read. @throws ToolFault */
  async folder(argument: string, given: string): Promise<string> {
    const path = await this.locate(argument, given);
    const facts = await stat(path).catch(() => undefined);
    if (facts?.isDirectory() === true) return path;
    if (facts !== undefined)
      throw new ToolFault('invalid-argument', `"${argument}" is not a folder: ${path}`);
    throw new ToolFault('file-not-found', `"${argument}": there is no folder ${path}`);
  }

  /** A file to write, which may exist. @throws ToolFault */
  async writable(argument: string, given: string): Promise<WritablePath> {
    const path = await this.locate(argument, given);
    const facts = await stat(path).catch(() => undefined);
    if (facts === undefined) return { path, exists: false };
    if (facts.isFile()) return { path, exists: true };
    const example = facts.isDirectory() ? `, such as ${join(path, 'cutout.png')}` : '';
    throw new ToolFault('invalid-argument', `"${argument}" is not a file: ${path}. Name a file${example}`);
  }

  /** A folder to write into, which may not exist yet. @throws ToolFault */
  async writableFolder(argument: string, given: string): Promise<string> {
    const path = await this.locate(argument, given);
    const facts = await stat(path).catch(() => undefined);
    if (facts === undefined || facts.isDirectory()) return path;
    throw new ToolFault('invalid-argument', `"${argument}" is not a folder: ${path}`);
  }

  /** The path without symbolic links. @throws ToolFault if it is not in an allowed folder */
  async locate(argument: string, given: string): Promise<string> {
    const [first] = this.folders;
    if (first === undefined)
      throw new ToolFault(
        'path-not-allowed',
        'No folder is allowed. Open a folder in the client, or start the server with --root FOLDER',
      );
    if (given.trim() === '' || given.includes('\0'))
      throw new ToolFault('invalid-argument', `"${argument}" must be a path`);
    const path = await resolved(resolve(first, given));
    if (path !== undefined && this.folders.some((folder) => isInside(folder, path))) return path;
    throw new ToolFault(
      'path-not-allowed',
      `"${argument}" leads outside of the allowed folders. Allowed: ${this.folders.join(', ')}. ` +
        'Others need --root FOLDER when the server is started',
    );
  }
}
