import type { FieldName } from './form-field.js';

/** What the head of a part says, as far as it is read. */
export interface PartHead {
  /** The part names a file. Which one is not read: a string could not be wiped. */
  isFile: boolean;
}

const DISPOSITION = 'content-disposition';
const [QUOTE, BACKSLASH, SEMICOLON, EQUALS] = [0x22, 0x5c, 0x3b, 0x3d];
const [SPACE, TAB, LF, CR] = [0x20, 0x09, 0x0a, 0x0d];

/**
 * Reads the name of a part from its header lines (RFC 7578 §4.2) into `name`. Nothing else in them is copied, and no
 * value becomes a string. Undefined when there is no name.
 */
export function readPartHead(head: Buffer, name: FieldName): PartHead | undefined {
  const line = dispositionLine(head);
  if (line === undefined) return undefined;
  let isNamed = false;
  let isFile = false;
  for (const { key, value } of parameters(line)) {
    if (isWord(key, 'name')) {
      name.reset();
      name.append(value);
      isNamed = true;
    }
    if (isWord(key, 'filename') || isWord(key, 'filename*')) isFile = true;
  }
  return isNamed ? { isFile } : undefined;
}

/** The bytes after `Content-Disposition:`, up to the end of that line. */
function dispositionLine(head: Buffer): Buffer | undefined {
  for (let start = 0; start < head.length;) {
    const end = head.indexOf(LF, start);
    const line = trimmed(head.subarray(start, end === -1 ? head.length : end));
    const colon = line.subarray(0, DISPOSITION.length + 1).indexOf(':');
    if (colon !== -1 && isWord(line.subarray(0, colon), DISPOSITION)) return line.subarray(colon + 1);
    if (end === -1) return undefined;
    start = end + 1;
  }
  return undefined;
}

/** `; key=value` and `; key="value"`. */
function* parameters(line: Buffer): Generator<{ key: Buffer; value: Buffer }, void> {
  let at = endOfItem(line, 0);
  while (at < line.length) {
    const end = endOfItem(line, at + 1);
    const item = line.subarray(at + 1, end);
    const equals = item.indexOf(EQUALS);
    if (equals > 0)
      yield { key: trimmed(item.subarray(0, equals)), value: unquoted(trimmed(item.subarray(equals + 1))) };
    at = end;
  }
}

/** Index of the next semicolon outside quotes, or the end. */
function endOfItem(line: Buffer, from: number): number {
  let quoted = false;
  for (let at = from; at < line.length; at++) {
    if (line[at] === QUOTE) quoted = !quoted;
    else if (quoted && line[at] === BACKSLASH) at++;
    else if (!quoted && line[at] === SEMICOLON) return at;
  }
  return line.length;
}

function trimmed(bytes: Buffer): Buffer {
  const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === TAB || byte === CR;
  let [start, end] = [0, bytes.length];
  while (start < end && isBlank(bytes[start])) start += 1;
  while (end > start && isBlank(bytes[end - 1])) end -= 1;
  return bytes.subarray(start, end);
}

/** True when the bytes are this word, in any case of letters. @param word lower case */
function isWord(bytes: Buffer, word: string): boolean {
  return bytes.length === word.length && bytes.toString('latin1').toLowerCase() === word;
}

function unquoted(value: Buffer): Buffer {
  const last = value.length - 1;
  return last > 0 && value[0] === QUOTE && value[last] === QUOTE ? value.subarray(1, last) : value;
}
