import { SseParser, type SseMessage } from './sse.parser.js';

/** How one connection of a stream is read. */
export interface SseReadOptions {
  /** Id the stream continues from. */
  lastEventId?: string;
  /** Longest silence, heartbeats included, before the connection counts as dead, in milliseconds. */
  idleMs: number;
  /** The same before the first byte, which the service sends at once. */
  firstMs?: number;
  /** Told each time the server names how long to wait before reconnecting, in milliseconds. */
  onRetry?: (retryMs: number) => void;
}

/** Nothing, not even a heartbeat, came for too long. */
export class SilentStream extends Error {
  override readonly name = 'SilentStream';
}

/** Waits for `read`, but no longer than `idleMs`. */
async function withinIdle<T>(read: Promise<T>, idleMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SilentStream()), idleMs);
  });
  try {
    return await Promise.race([read, silence]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Messages of one event-stream connection, until it ends. Leaving the loop closes the connection.
 *
 * @throws SilentStream when the connection went silent; whatever the transport throws when it broke
 */
export async function* readSse(
  body: ReadableStream<Uint8Array>,
  options: SseReadOptions,
): AsyncGenerator<SseMessage, void, undefined> {
  const parser = new SseParser(options.lastEventId);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  // Not `for await (… of body)`: Safari has no async iteration of streams.
  const reader = body.getReader();
  let retryMs: number | undefined;
  let patienceMs = options.firstMs ?? options.idleMs;
  try {
    for (;;) {
      const { done, value } = await withinIdle(reader.read(), patienceMs);
      patienceMs = options.idleMs;
      if (done) return;
      const messages = parser.push(decoder.decode(value, { stream: true }));
      if (parser.retryMs !== undefined && parser.retryMs !== retryMs) {
        retryMs = parser.retryMs;
        options.onRetry?.(retryMs);
      }
      yield* messages;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
