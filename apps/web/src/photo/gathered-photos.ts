/** A file, and where it lay in the folder it came with; an empty path for a file on its own. */
export interface Found {
  file: File;
  /** With `/` between folders and the file's name at its end, as browsers write it. */
  path: string;
}

/** What a person brought. */
export interface Gathered {
  photos: Found[];
  /** Files of folders that are no photos: left out without ado. */
  leftOut: number;
  /** True when a folder came, so that it is worth saying when there was nothing in it. */
  wasFolder: boolean;
}

/** What a folder of photos may hold; what of it the service does not take is told file by file. */
const PHOTO_NAME = /\.(?:jpe?g|png|webp|hei[cf]|avif|tiff?|gif|bmp)$/i;

/** Sorts out what is a photo. What was chosen by itself is taken as one, whatever it is called. */
export function photosIn(found: readonly Found[]): Gathered {
  const photos = found.filter(
    ({ file, path }) => path === '' || (PHOTO_NAME.test(file.name) && !file.name.startsWith('.')),
  );
  return {
    photos,
    leftOut: found.length - photos.length,
    wasFolder: found.some(({ path }) => path !== ''),
  };
}
