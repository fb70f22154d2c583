import { saveFile } from '../dom-element.js';
import type { PixelWorkerClient } from '../pixels/pixel-worker-client.js';
import { isAsDelivered, type SavedFormat } from '../pixels/edit.js';
import { BlobArchive } from '../zip/blob-archive.js';
import { EntryNames } from '../zip/entry-names.js';
import { cutoutName, type DoneEntry } from './photo-entry.js';

/** A result as it is saved. */
export interface Print {
  image: Blob;
  format: SavedFormat;
  width: number;
  height: number;
}

const ARCHIVE_NAME = 'cutouts';

/** Writes results the way their owners want them, and hands them out. */
export class PhotoExporter {
  constructor(private readonly darkroom: PixelWorkerClient) {}

  /**
   * A result at full size; the delivered bytes themselves where nothing was changed.
   *
   * @throws PixelProblem
   */
  async print({ photo, edit, state }: DoneEntry): Promise<Print> {
    const { image, width, height } = state.cutout;
    if (isAsDelivered(edit)) return { image, width, height, format: 'png' };
    return this.darkroom.do('print', { photo, cutout: image, edit });
  }

  /** Saves one result. @throws PixelProblem */
  async save(entry: DoneEntry): Promise<void> {
    const { image, format } = await this.print(entry);
    saveFile(image, cutoutName(entry.photo.name, format));
    entry.isUnsaved = false;
  }

  /**
   * Saves results as one ZIP, or as several where one would pass 4 GB.
   *
   * @param onProgress how many are packed
   * @returns how many could not be written
   */
  async saveAll(entries: readonly DoneEntry[], onProgress: (done: number) => void): Promise<number> {
    let [archive, names, part, failed] = [new BlobArchive(), new EntryNames(), 1, 0];
    const packed: DoneEntry[] = [];
    const handOut = (suffix: string): void => saveFile(archive.finish(), `${ARCHIVE_NAME}${suffix}.zip`);
    for (const [at, entry] of entries.entries()) {
      onProgress(at);
      const printed = await this.print(entry).catch(() => undefined);
      if (printed === undefined) {
        failed++;
        continue;
      }
      if (!archive.hasRoomFor(printed.image.size)) {
        handOut(`-${part++}`);
        [archive, names] = [new BlobArchive(), new EntryNames()];
      }
      const name = `${entry.folder}/${cutoutName(entry.photo.name, printed.format)}`;
      await archive.add(names.take(name), printed.image);
      packed.push(entry);
    }
    if (archive.size > 0) handOut(part > 1 ? `-${part}` : '');
    for (const entry of packed) entry.isUnsaved = false;
    return failed;
  }
}
