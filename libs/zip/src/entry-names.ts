const MAX_BYTES = 200;
const IMAGE_EXTENSION = /\.(?:png|webp|jpe?g|zip)$/i;
/** Characters that some file system forbids in names: drive and stream separators, wildcards, control characters. */
const FORBIDDEN = /[\p{Cc}<>:"|?*\\]/gu;
const encoder = new TextEncoder();

/**
 * File names in an archive, from names that clients chose. Keeps folders. A name is unique (ignoring case), relative,
 * without `..`, and valid on every system.
 */
export class EntryNames {
  private readonly taken: Set<string>;

  /** @param reserved names that are never assigned */
  constructor(reserved: readonly string[] = []) {
    this.taken = new Set(reserved);
  }

  /** Assigns a name: `wanted` without an image extension, a number if needed, and `extension` without its dot. */
  take(wanted: string, extension: string): string {
    const stem = stemOf(wanted);
    for (let count = 1; ; count += 1) {
      const name = `${stem}${count === 1 ? '' : `-${count}`}.${extension}`;
      const key = name.toLowerCase();
      if (this.taken.has(key)) continue;
      this.taken.add(key);
      return name;
    }
  }
}

function stemOf(wanted: string): string {
  const parts = wanted
    .replace(IMAGE_EXTENSION, '')
    .replace(/\\/g, '/')
    .replace(FORBIDDEN, '_')
    .split('/')
    .map((part) => part.replace(/[. ]+$/, '').trim())
    .filter((part) => part !== '' && part !== '.' && part !== '..');
  let stem = '';
  for (const char of parts.join('/') || 'image') {
    if (encoder.encode(stem + char).length > MAX_BYTES) break;
    stem += char;
  }
  return stem;
}
