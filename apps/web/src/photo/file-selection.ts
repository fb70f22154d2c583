/** A file and its path in the chosen folder; the path is empty for a single file. */
export interface FoundFile {
  file: File;
  /** Path with `/`, ending with the file name. */
  path: string;
  /** True for a sample of the page, which is not a photo of its user. */
  isSample?: boolean;
}

/** Files from a dialog, a drop or the clipboard. */
export interface FileSelection {
  photos: FoundFile[];
  /** Number of files in folders that are not photos. */
  skippedCount: number;
  /** True if the selection contains a folder. */
  hasFolder: boolean;
}

/** Photo extensions. Unsupported formats among them get an error on their card. */
const PHOTO_NAME = /\.(?:jpe?g|png|webp|hei[cf]|avif|tiff?|gif|bmp)$/i;

/** Selects the photos. A single file counts as a photo, whatever its name. */
export function selectPhotos(found: readonly FoundFile[]): FileSelection {
  const photos = found.filter(
    ({ file, path }) => path === '' || (PHOTO_NAME.test(file.name) && !file.name.startsWith('.')),
  );
  return {
    photos,
    skippedCount: found.length - photos.length,
    hasFolder: found.some(({ path }) => path !== ''),
  };
}

/** True if a pasted text is the address of something, such as a picture. */
export const isAddress = (text: string): boolean => /^(?:https?|data|blob|file):\S+$/i.test(text.trim());
