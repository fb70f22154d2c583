/** The members of OffscreenCanvas that are used here. */
export interface HeicCanvas {
  readonly width: number;
  readonly height: number;
  convertToBlob: (settings: { type: string; quality: number }) => Promise<Blob>;
}

interface Drawing {
  drawImage: (picture: Bitmap, x: number, y: number) => void;
}

interface Bitmap {
  readonly width: number;
  readonly height: number;
  close: () => void;
}

/** Browser globals that Node lacks. */
interface BrowserScope {
  createImageBitmap?: (photo: Blob) => Promise<Bitmap>;
  OffscreenCanvas?: new (
    width: number,
    height: number,
  ) => HeicCanvas & {
    getContext: (kind: '2d', settings: { colorSpace: 'display-p3'; alpha: false }) => Drawing | null;
  };
}

/** Decodes a HEIC photo with the browser's decoder, upright; undefined if the browser has none. */
export async function heicCanvas(photo: Blob): Promise<HeicCanvas | undefined> {
  const scope = globalThis as BrowserScope;
  const { OffscreenCanvas } = scope;
  if (scope.createImageBitmap === undefined || OffscreenCanvas === undefined) return undefined;
  const bitmap = await scope.createImageBitmap(photo).catch(() => undefined);
  if (bitmap === undefined) return undefined;
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  // iPhone photos use the Display P3 color space, which is larger than sRGB.
  canvas.getContext('2d', { colorSpace: 'display-p3', alpha: false })?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas;
}
