const SIDE_PX = 1200;

/** Renders the drawing of the page as a JPEG photo. */
export async function samplePhoto(drawing: SVGElement, name: string): Promise<File> {
  const copy = drawing.cloneNode(true) as SVGElement;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(SIDE_PX));
  copy.setAttribute('height', String(SIDE_PX));
  const url = URL.createObjectURL(new Blob([copy.outerHTML], { type: 'image/svg+xml' }));
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIDE_PX;
  canvas.getContext('2d')?.drawImage(image, 0, 0);
  URL.revokeObjectURL(url);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.92));
  return new File([blob ?? ''], name, { type: 'image/jpeg' });
}
