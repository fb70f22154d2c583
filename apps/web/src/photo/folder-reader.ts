import { selectPhotos, type FoundFile, type FileSelection } from './file-selection.js';

/** Maximum depth of subfolders. */
const MAX_DEPTH = 8;

const fileOf = (entry: FileSystemFileEntry): Promise<File | undefined> =>
  new Promise((resolve) => entry.file(resolve, () => resolve(undefined)));

/** A reader returns at most a hundred entries per call, and an empty list at the end. */
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

async function filesIn(entry: FileSystemEntry, depth: number): Promise<FoundFile[]> {
  if (entry.isFile) {
    const file = await fileOf(entry as FileSystemFileEntry);
    if (file === undefined) return [];
    return [{ file, path: depth === 0 ? '' : entry.fullPath.slice(1) }];
  }
  if (depth >= MAX_DEPTH) return [];
  const below: FoundFile[] = [];
  for (const child of await childrenOf(entry as FileSystemDirectoryEntry))
    below.push(...(await filesIn(child, depth + 1)));
  return below;
}

/** All dropped files, including those in folders. Reads the transfer synchronously: it is empty after the event. */
export async function readDropped(transfer: DataTransfer): Promise<FileSelection> {
  const entries = [...transfer.items]
    .filter(({ kind }) => kind === 'file')
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const found: FoundFile[] = [];
  for (const { entry, file } of entries) {
    if (entry?.isDirectory) found.push(...(await filesIn(entry, 0)));
    else if (file !== null) found.push({ file, path: '' });
  }
  const selection = selectPhotos(found);
  return { ...selection, hasFolder: selection.hasFolder || entries.some(({ entry }) => entry?.isDirectory) };
}
