import { readDropped } from './folder-reader.js';
import { photosIn, type Gathered } from './gathered-photos.js';

/** Takes the files that a person brought. */
export type Intake = (gathered: Gathered) => void;

const hasFiles = (transfer: DataTransfer | null): boolean => transfer?.types.includes('Files') ?? false;

/** Photos from a file dialog, a folder dialog or a camera. The same file can be chosen twice in a row. */
export function takeChosen(input: HTMLInputElement, take: Intake): void {
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    take(photosIn(files.map((file) => ({ file, path: file.webkitRelativePath }))));
    input.value = '';
  });
}

/** Photos from the clipboard, wherever on the page they are pasted. */
export function takePasted(take: Intake): void {
  document.addEventListener('paste', (event) => {
    if (!hasFiles(event.clipboardData)) return;
    event.preventDefault();
    take(photosIn([...(event.clipboardData?.files ?? [])].map((file) => ({ file, path: '' }))));
  });
}

/** Photos and folders dropped anywhere on the window; `veil` shows while files hover over it. */
export function takeDropped(veil: HTMLElement, take: Intake): void {
  let depth = 0;
  const show = (isOver: boolean): void => {
    depth = isOver ? depth : 0;
    veil.hidden = !isOver;
  };
  window.addEventListener('dragenter', (event) => {
    if (!hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    depth++;
    show(true);
  });
  window.addEventListener('dragover', (event) => {
    if (!hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
  });
  window.addEventListener('dragleave', (event) => {
    if (hasFiles(event.dataTransfer) && --depth <= 0) show(false);
  });
  window.addEventListener('drop', (event) => {
    if (!hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    show(false);
    if (event.dataTransfer) void readDropped(event.dataTransfer).then(take);
  });
}
