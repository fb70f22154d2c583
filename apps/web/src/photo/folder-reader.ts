import { photosIn, type Found, type Gathered } from './gathered-photos.js';

/** Folders within folders that are gone into. */
const MAX_DEPTH = 8;

const fileOf = (entry: FileSystemFileEntry): Promise<File | undefined> =>
  new Promise((resolve) => entry.file(resolve, () => resolve(undefined)));

/** A reader hands out a hundred at a time, and none at the end. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve) =>
      reader.readEntries(resolve, () => resolve([])),
    );
    if (some.length === 0) return all.sort((a, b) => a.name.localeCompare(b.name));
    all.push(...some);
  }
}

async function filesBelow(entry: FileSystemEntry, depth: number): Promise<Found[]> {
  if (entry.isFile) {
    const file = await fileOf(entry as FileSystemFileEntry);
    if (file === undefined) return [];
    return [{ file, path: depth === 0 ? '' : entry.fullPath.slice(1) }];
  }
  if (depth >= MAX_DEPTH) return [];
  const below: Found[] = [];
  for (const child of await childrenOf(entry as FileSystemDirectoryEntry))
    below.push(...(await filesBelow(child, depth + 1)));
  return below;
}

/** Everything that was dropped, folders gone into. Reads the transfer at once: it is empty after the event. */
export async function readDropped(transfer: DataTransfer): Promise<Gathered> {
  const entries = [...transfer.items]
    .filter(({ kind }) => kind === 'file')
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const found: Found[] = [];
  for (const { entry, file } of entries) {
    if (entry?.isDirectory) found.push(...(await filesBelow(entry, 0)));
    else if (file !== null) found.push({ file, path: '' });
  }
  const gathered = photosIn(found);
  return { ...gathered, wasFolder: gathered.wasFolder || entries.some(({ entry }) => entry?.isDirectory) };
}
