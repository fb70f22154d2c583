import type { FileSelection } from '../photo/file-selection.js';

/** What happens with a sample. */
export interface SampleEvents {
  onSample: (selection: FileSelection) => void;
  /** The photograph could not be loaded. */
  onFailure: () => void;
}

/**
 * Loads a sample from the service, as a file.
 * @throws TypeError without a connection or an answer with an image
 */
async function loadSample(name: string): Promise<File> {
  const response = await fetch(`/assets/pictures/${name}.jpg`);
  if (!response.ok) throw new TypeError(`sample ${name}: status ${response.status}`);
  return new File([await response.blob()], `${name}.jpg`, { type: 'image/jpeg' });
}

/** Binds the buttons of the samples: a press adds the photograph that `data-sample` names. */
export function bindSamples(buttons: Iterable<HTMLButtonElement>, events: SampleEvents): void {
  for (const button of buttons)
    button.addEventListener('click', () => {
      if (button.getAttribute('aria-busy') === 'true') return;
      button.setAttribute('aria-busy', 'true');
      void loadSample(button.dataset['sample'] ?? '')
        .then((file) => ({ file, path: '', isSample: true as const }))
        .then((photo) => events.onSample({ photos: [photo], skippedCount: 0, hasFolder: false }))
        .catch(events.onFailure)
        .finally(() => button.removeAttribute('aria-busy'));
    });
}
