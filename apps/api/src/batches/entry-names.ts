import { RESULT_FORMATS } from '#contracts/job-options.js';

const MAX_BYTES = 200;
const EXTENSION = new RegExp(`\\.(?:${[...RESULT_FORMATS, 'jpeg'].join('|')})$`, 'i');
/** What some file system cannot have in a name: separators of drives and streams, wildcards, control characters. */
const NOT_IN_NAMES = /[\p{Cc}<>:"|?*\\]/gu;

/**
 * Names of files in an archive, made of what clients call their images. Folders stay, but a name leads nowhere out of
 * the folder that the archive is unpacked into, is good on every system, and is there once.
 */
export class EntryNames {
  /** The file that lists what is not in the archive. */
  static readonly REPORT = 'errors.json';
  private readonly taken = new Set<string>([EntryNames.REPORT]);

  /** The name of the next file, with the extension of its format. */
  take(customId: string, format: string): string {
    const stem = stemOf(customId);
    for (let count = 1; ; count += 1) {
      const name = `${stem}${count === 1 ? '' : `-${count}`}.${format}`;
      // Some file systems ignore case.
      const key = name.toLowerCase();
      if (this.taken.has(key)) continue;
      this.taken.add(key);
      return name;
    }
  }
}

function stemOf(customId: string): string {
  const parts = customId
    .replace(EXTENSION, '')
    .replace(/\\/g, '/')
    .replace(NOT_IN_NAMES, '_')
    .split('/')
    .map((part) => part.replace(/[. ]+$/, '').trim())
    .filter((part) => part !== '' && part !== '.' && part !== '..');
  const stem = parts.join('/') || 'image';
  let kept = '';
  for (const char of stem) {
    if (Buffer.byteLength(kept + char) > MAX_BYTES) break;
    kept += char;
  }
  return kept;
}
