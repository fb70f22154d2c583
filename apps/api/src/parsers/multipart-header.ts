/** What the head of a part tells, as far as it is read. */
export interface PartHead {
  name: string;
  /** The part names a file. Which one is not read: a string could not be wiped. */
  isFile: boolean;
}

const MAX_NAME_BYTES = 100;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;

/**
 * Reads the name of a part from its header lines (RFC 7578 §4.2), byte by byte, so that a file name never becomes
 * a string. Undefined when there is no such name.
 */
export function readPartHead(head: Buffer): PartHead | undefined {
  const line = dispositionLine(head);
  if (line === undefined) return undefined;
  let name: string | undefined;
  let isFile = false;
  for (const { key, value } of parameters(line)) {
    if (key === 'name' && value.length <= MAX_NAME_BYTES) name = value.toString('utf8');
    if (key === 'filename' || key === 'filename*') isFile = true;
  }
  return name === undefined ? undefined : { name, isFile };
}

/** The bytes after `Content-Disposition:`, up to the end of that line. */
function dispositionLine(head: Buffer): Buffer | undefined {
  for (let start = 0; start < head.length;) {
    const end = head.indexOf('\r\n', start);
    const line = head.subarray(start, end === -1 ? head.length : end);
    const colon = line.indexOf(':');
    if (colon === 19 && line.toString('latin1', 0, colon).toLowerCase() === 'content-disposition') {
      return line.subarray(colon + 1);
    }
    if (end === -1) return undefined;
    start = end + 2;
  }
  return undefined;
}

/** `; key=value` and `; key="value"`; the values stay bytes. */
function* parameters(line: Buffer): Generator<{ key: string; value: Buffer }, void> {
  let at = endOfItem(line, 0);
  while (at < line.length) {
    const end = endOfItem(line, at + 1);
    const item = line.subarray(at + 1, end);
    const equals = item.indexOf(EQUALS);
    if (equals > 0) {
      const key = item.toString('latin1', 0, equals).trim().toLowerCase();
      yield { key, value: unquoted(item.subarray(equals + 1)) };
    }
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

function unquoted(value: Buffer): Buffer {
  const last = value.length - 1;
  return last > 0 && value[0] === QUOTE && value[last] === QUOTE ? value.subarray(1, last) : value;
}
