import { readDropped } from './folder-reader.js';
import { isAddress, selectPhotos, type FileSelection } from './file-selection.js';

/** Receives the selected files. */
export type OnFiles = (selection: FileSelection) => void;

const hasFiles = (transfer: DataTransfer | null): boolean => transfer?.types.includes('Files') ?? false;

/** Photos from a file dialog, a folder dialog or a camera. The same file can be chosen again. */
export function bindFileInput(input: HTMLInputElement, onFiles: OnFiles): void {
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    onFiles(selectPhotos(files.map((file) => ({ file, path: file.webkitRelativePath }))));
    input.value = '';
  });
}

/** Photos that are pasted anywhere on the page. Calls `onAddress` for the address of a picture instead of the picture. */
export function bindPaste(onFiles: OnFiles, onAddress: () => void): void {
  document.addEventListener('paste', (event) => {
    if (!hasFiles(event.clipboardData)) {
      const isField = event.target instanceof HTMLInputElement;
      if (!isField && isAddress(event.clipboardData?.getData('text/plain') ?? '')) onAddress();
      return;
    }
    event.preventDefault();
    onFiles(selectPhotos([...(event.clipboardData?.files ?? [])].map((file) => ({ file, path: '' }))));
  });
}

/** Photos and folders that are dropped anywhere on the page. Shows `veil` while files are over it. */
export function bindDrop(veil: HTMLElement, onFiles: OnFiles): void {
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
    if (event.dataTransfer) void readDropped(event.dataTransfer).then(onFiles);
  });
}
