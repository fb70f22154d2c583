import { wipe } from '#vault/wipe.js';
import type { Part } from './multipart-reader.js';
import { ByteFeed } from './byte-feed.js';
import { malformedJson, unescapeInPlace } from './json-string.js';

const [OPEN, CLOSE, COLON, COMMA, QUOTE] = [0x7b, 0x7d, 0x3a, 0x2c, 0x22];
const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d]);
const MAX_NAME_BYTES = 100;
const MAX_LITERAL_BYTES = 64;
const LITERAL = /^(?:true|false|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

/**
 * Reads one flat JSON object (RFC 8259) as it arrives, member by member, as if it were a form. A value is passed on as
 * bytes and never becomes a string: an image in base64 may be one, and a string could not be wiped. `null` has no bytes;
 * neither objects nor arrays are values here. A value must be read before the next member is asked for.
 * @throws Problem `invalid-request` when it is not such an object | `upload-interrupted`
 */
export async function* readJson(source: AsyncIterable<Buffer>): AsyncGenerator<Part, void> {
  const feed = new ByteFeed(source);
  try {
    await expect(feed, OPEN);
    if ((await nextMark(feed)) === CLOSE) feed.take(1);
    else {
      for (let mark: number | undefined = COMMA; mark !== CLOSE;) {
        if (mark !== COMMA) throw malformedJson();
        yield* member(feed);
        mark = await nextMark(feed);
        feed.take(1);
      }
    }
    if ((await nextMark(feed)) !== undefined) throw malformedJson();
  } finally {
    feed.close();
  }
}

async function* member(feed: ByteFeed): AsyncGenerator<Part, void> {
  const name = await readName(feed);
  await expect(feed, COLON);
  const body = (await nextMark(feed)) === QUOTE ? stringBody(feed) : literalBody(feed);
  yield { name, isFile: false, body };
  for await (const unread of body) wipe(unread);
}

/** The next byte that is no space; it is not taken. */
async function nextMark(feed: ByteFeed): Promise<number | undefined> {
  for (;;) {
    const byte = await feed.peek();
    if (byte === undefined || !SPACES.has(byte)) return byte;
    feed.take(1);
  }
}

async function expect(feed: ByteFeed, mark: number): Promise<void> {
  if ((await nextMark(feed)) !== mark) throw malformedJson();
  feed.take(1);
}

async function readName(feed: ByteFeed): Promise<string> {
  if ((await nextMark(feed)) !== QUOTE) throw malformedJson();
  let name = Buffer.alloc(0);
  for await (const piece of stringBody(feed)) {
    name = Buffer.concat([name, piece]);
    if (name.length > MAX_NAME_BYTES) throw malformedJson();
  }
  return name.toString('utf8');
}

async function* stringBody(feed: ByteFeed): AsyncGenerator<Buffer, void> {
  feed.take(1);
  for (;;) {
    const { used, written, closed } = unescapeInPlace(feed.bytes);
    const plain = feed.take(used).subarray(0, written);
    if (written > 0) yield plain;
    if (closed) return;
    if (!(await feed.more())) throw malformedJson();
  }
}

async function* literalBody(feed: ByteFeed): AsyncGenerator<Buffer, void> {
  const isEnd = (byte: number): boolean => byte === COMMA || byte === CLOSE || SPACES.has(byte);
  let end = feed.bytes.findIndex(isEnd);
  while (end === -1) {
    if (feed.bytes.length > MAX_LITERAL_BYTES || !(await feed.more())) throw malformedJson();
    end = feed.bytes.findIndex(isEnd);
  }
  const literal = feed.take(end);
  const text = literal.toString('latin1', 0, MAX_LITERAL_BYTES);
  if (text === 'null') return;
  if (literal.length > MAX_LITERAL_BYTES || !LITERAL.test(text)) throw malformedJson();
  yield literal;
}
