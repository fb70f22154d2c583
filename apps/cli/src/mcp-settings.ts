import { stat } from 'node:fs/promises';
import { parse } from 'node:path';
import type { Arguments } from './argument-reader.js';
import { CommandError } from './exit-codes.js';
import { keyOf, patienceMsOf, serverOf } from './run-settings.js';

/** Settings of `removebg mcp`. */
export interface McpSettings {
  server: string;
  isLocal: boolean;
  key: string | undefined;
  patienceMs: number;
  /** Folders of `--root`; empty without it. */
  roots: readonly string[];
  /** Folder for clients that name no roots; undefined if it is the root of the file system. */
  currentFolder: string | undefined;
}

const TAKEN: readonly string[] = ['root', 'server', 'local', 'key', 'key-file', 'patience'];

/** @throws CommandError */
export async function mcpSettings(args: Arguments, env: NodeJS.ProcessEnv): Promise<McpSettings> {
  const [, word] = args.words;
  if (word !== undefined)
    throw new CommandError(`Unexpected ${word}. Name folders with --root: removebg mcp --root ${word}`);
  const other = [...args.values.keys()].find((name) => !TAKEN.includes(name));
  if (other !== undefined) {
    const list = TAKEN.map((name) => `--${name}`).join(', ');
    throw new CommandError(
      `removebg mcp does not take --${other}. It takes ${list}. The image options belong to its tools.`,
    );
  }
  const isLocal = args.values.get('local') === true;
  if (isLocal && args.values.has('server'))
    throw new CommandError('--local starts a service of its own. Leave out --server.');
  const roots = args.lists.get('root') ?? [];
  for (const root of roots) {
    const facts = await stat(root).catch(() => undefined);
    if (facts?.isDirectory() !== true) throw new CommandError(`--root ${root} is not a folder.`);
  }
  const folder = process.cwd();
  return {
    ...{
      server: serverOf(args, env),
      isLocal,
      key: await keyOf(args, env),
      patienceMs: patienceMsOf(args),
      roots,
    },
    // Desktop programs start servers there, which would allow every file.
    currentFolder: folder === parse(folder).root ? undefined : folder,
  };
}
