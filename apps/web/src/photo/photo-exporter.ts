import { BlobArchive } from '#zip/blob-archive.js';
import { EntryNames } from '#zip/entry-names.js';
import { saveFile } from '../dom-element.js';
import type { PixelWorkerClient } from '../pixels/pixel-worker-client.js';
import { isAsDelivered, type SavedFormat } from '../pixels/edit.js';
import { cutoutName, cutoutStem, type DoneEntry } from './photo-entry.js';

/** An encoded result. */
export interface RenderedImage {
  image: Blob;
  format: SavedFormat;
  width: number;
  height: number;
}

const ARCHIVE_NAME = 'cutouts';

/** Renders and downloads results. */
export class PhotoExporter {
  constructor(private readonly pixelWorker: PixelWorkerClient) {}

  /**
   * Renders a result at full size. Returns the delivered image itself if there are no edits.
   * @throws PixelProblem
   */
  async render({ photo, edit, state }: DoneEntry): Promise<RenderedImage> {
    const { image, width, height } = state.cutout;
    if (isAsDelivered(edit)) return { image, width, height, format: 'png' };
    return this.pixelWorker.do('render', { photo, cutout: image, edit });
  }

  /** The full-size edited result as a file. Default format: that of the edit. @throws PixelProblem */
  async file(entry: DoneEntry, format: SavedFormat = entry.edit.look.format): Promise<File> {
    const edit = { ...entry.edit, look: { ...entry.edit.look, format } };
    const { image, format: encoded } = await this.render({ ...entry, edit });
    const type = encoded === 'jpg' ? 'image/jpeg' : `image/${encoded}`;
    return new File([image], cutoutName(entry.photo.name, encoded), { type });
  }

  /** Downloads one result. @throws PixelProblem */
  async save(entry: DoneEntry): Promise<void> {
    const file = await this.file(entry);
    saveFile(file, file.name);
    entry.isUnsaved = false;
  }

  /**
   * Downloads results as one ZIP archive, or as several if one would exceed 4 GB.
   * @param onProgress called with the number of packed results
   * @returns number of results that could not be rendered
   */
  async saveAll(entries: readonly DoneEntry[], onProgress: (done: number) => void): Promise<number> {
    const checksum = async (image: Blob): Promise<number> =>
      (await this.pixelWorker.do('checksum', { image })).crc;
    let [archive, names, part, failed] = [new BlobArchive(checksum), new EntryNames(), 1, 0];
    const packed: DoneEntry[] = [];
    const saveArchive = (suffix: string): void => saveFile(archive.finish(), `${ARCHIVE_NAME}${suffix}.zip`);
    for (const [at, entry] of entries.entries()) {
      onProgress(at);
      const rendered = await this.render(entry).catch(() => undefined);
      if (rendered === undefined) {
        failed++;
        continue;
      }
      if (!archive.hasRoomFor(rendered.image.size)) {
        saveArchive(`-${part++}`);
        [archive, names] = [new BlobArchive(checksum), new EntryNames()];
      }
      const name = `${entry.folder}/${cutoutStem(entry.photo.name)}`;
      await archive.add(names.take(name, rendered.format), rendered.image);
      packed.push(entry);
    }
    if (archive.size > 0) saveArchive(part > 1 ? `-${part}` : '');
    for (const entry of packed) entry.isUnsaved = false;
    return failed;
  }
}
