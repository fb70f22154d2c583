import { Problem } from '#contracts/problem.catalogue.js';
import { wipe } from '#vault/wipe.js';

/** Largest text that is read, in bytes. */
const MOST_BYTES = 65_536;

/**
 * The members of a JSON object (RFC 8259) that a request brings as its body.
 * @throws Problem `invalid-request` when it is none, or longer than 64 KiB | `upload-interrupted`
 */
export async function readJsonObject(body: AsyncIterable<Buffer>): Promise<[string, unknown][]> {
  const text = await textOf(body);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
  } catch {
    // The parser's message quotes what it was given.
  }
  throw new Problem('invalid-request');
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const held = Buffer.alloc(MOST_BYTES);
  let bytes = 0;
  try {
    for await (const arrived of body) {
      if (bytes + arrived.length > MOST_BYTES) throw new Problem('invalid-request');
      bytes += arrived.copy(held, bytes);
      wipe(arrived);
    }
    return held.toString('utf8', 0, bytes);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('upload-interrupted');
  } finally {
    wipe(held);
  }
}
