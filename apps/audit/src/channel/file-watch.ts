import { existsSync, lstatSync, readdirSync, readFileSync, watch, type FSWatcher } from 'node:fs';
import { basename, join } from 'node:path';
import { nothingFound, scanCopy } from '../scan/buffer-scan.js';
import { hitsIn, tallyOf, type KindTally } from '../scan/tally.js';
import type { WindowIndex } from '../scan/window-index.js';

const SHARED_FOLDERS = ['/tmp', '/var/tmp', '/dev/shm'];
const DEPTH = 3;
const MAX_ENTRIES = 20_000;
const MAX_FILE_BYTES = 128 * 1_048_576;
/** Files that the supervisor writes into its run folder: keys and a socket. */
const EXPECTED = /^(api-secret|worker-key\.pem|worker-public-key\.pem|redis\.sock|acl|.*\.acl|.*\.conf)$/;

/** What was found in the file system. */
export interface FileLook {
  folders: string[];
  /** Files that appeared in the service's own folders. */
  appeared: string[];
  /** Number of files that appeared or changed elsewhere and were searched. */
  lookedInto: number;
  hits: { file: string; kinds: KindTally[] }[];
}

/**
 * Watches folders during the run. No file may appear in the service's own folders, even for a moment. In shared folders,
 * files that have appeared or changed at the end are searched for the canaries.
 */
export class FileWatch {
  private readonly appeared = new Set<string>();
  private readonly watchers: FSWatcher[] = [];
  private readonly before: Map<string, string>;
  private readonly shared: string[];

  constructor(
    private readonly privateFolders: readonly string[],
    workingFolders: readonly string[],
  ) {
    this.shared = [...new Set([...SHARED_FOLDERS, ...workingFolders])].filter((folder) => existsSync(folder));
    this.before = this.list();
    for (const folder of privateFolders) {
      const watcher = watch(folder, (_, name) => {
        if (name !== null && !EXPECTED.test(name)) this.appeared.add(join(folder, name));
      });
      watcher.on('error', () => undefined);
      this.watchers.push(watcher);
    }
  }

  /** Ends the watch and searches new and changed files. */
  finish(index: WindowIndex): FileLook {
    for (const watcher of this.watchers) watcher.close();
    const changed = [...this.list()].filter(([file, stamp]) => this.before.get(file) !== stamp);
    const hits = changed.map(([file]) => ({ file, kinds: searchFile(file, index) }));
    return {
      folders: [...this.privateFolders, ...this.shared],
      appeared: [...this.appeared],
      lookedInto: changed.length,
      hits: hits.filter(({ kinds }) => kinds.length > 0),
    };
  }

  private list(): Map<string, string> {
    const files = new Map<string, string>();
    for (const folder of this.shared) collect(folder, SHARED_FOLDERS.includes(folder) ? DEPTH : 1, files);
    return files;
  }
}

function collect(folder: string, depth: number, into: Map<string, string>): void {
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (into.size >= MAX_ENTRIES || found === undefined) continue;
    if (found.isFile()) into.set(path, `${found.ino} ${found.size} ${found.mtimeMs}`);
    else if (found.isDirectory() && depth > 1 && basename(path) !== 'node_modules')
      collect(path, depth - 1, into);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function searchFile(file: string, index: WindowIndex): KindTally[] {
  try {
    if (lstatSync(file).size > MAX_FILE_BYTES) return [];
    const found = nothingFound(index);
    scanCopy(index, readFileSync(file), found);
    return hitsIn(tallyOf(index, found, () => file, 1));
  } catch {
    return [];
  }
}
