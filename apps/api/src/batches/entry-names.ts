import { RESULT_FORMATS } from '#contracts/job-options.js';

const MAX_BYTES = 200;
const EXTENSION = new RegExp(`\\.(?:${[...RESULT_FORMATS, 'jpeg'].join('|')})$`, 'i');
/** Characters that some file systems reject: separators of drives and streams, wildcards, control characters. */
const NOT_IN_NAMES = /[\p{Cc}<>:"|?*\\]/gu;

/**
 * Names of files in an archive, derived from the `custom_id`s. They keep folders, are unique, are valid on all systems, and
 * cannot leave the folder into which the archive is unpacked.
 */
export class EntryNames {
  /** The file with the report of the missing images. */
  static readonly REPORT = 'errors.json';
  private readonly used = new Set<string>([EntryNames.REPORT]);

  /** The name of the next file, with the extension of its format. */
  take(customId: string, format: string): string {
    const stem = stemOf(customId);
    for (let count = 1; ; count += 1) {
      const name = `${stem}${count === 1 ? '' : `-${count}`}.${format}`;
      // Some file systems ignore case.
      const key = name.toLowerCase();
      if (this.used.has(key)) continue;
      this.used.add(key);
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
