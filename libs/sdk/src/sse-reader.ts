import { createParser } from 'eventsource-parser';

/** One server-sent event. */
export interface SseMessage {
  /** Value of `event:`, or `message`. */
  name: string;
  /** Lines of `data:`, joined by LF. */
  data: string;
  /** The stream's last event id at that time; empty when none was ever sent. */
  lastEventId: string;
}

/** How one connection of a stream is read. */
export interface SseReadOptions {
  /** Id the stream continues from. */
  lastEventId?: string;
  /** Longest silence, heartbeats included, before the connection counts as dead, in milliseconds. */
  idleMs: number;
  /** The same before the first byte, which the service sends at once. */
  firstMs?: number;
  /** Called each time the server names how long to wait before reconnecting, in milliseconds. */
  onRetry?: (retryMs: number) => void;
}

/** Nothing, not even a heartbeat, came for too long. */
export class SilentStream extends Error {
  override readonly name = 'SilentStream';
}

/** Collects the messages of an event stream that is fed in pieces, split anywhere. */
export class SseMessages {
  private readonly decoder = new TextDecoder();
  private readonly complete: SseMessage[] = [];
  private readonly parser;

  /** @param lastEventId id to start from, when the stream continues an earlier one */
  constructor(
    private lastEventId = '',
    onRetry?: (retryMs: number) => void,
  ) {
    this.parser = createParser({
      onEvent: ({ event = 'message', data, id }) => {
        this.lastEventId = id ?? this.lastEventId;
        this.complete.push({ name: event, data, lastEventId: this.lastEventId });
      },
      ...(onRetry !== undefined && { onRetry }),
    });
  }

  /** Takes the next piece of the stream; returns the messages that it completed. */
  push(piece: Uint8Array): SseMessage[] {
    this.parser.feed(this.decoder.decode(piece, { stream: true }));
    return this.complete.splice(0);
  }
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
  const messages = new SseMessages(options.lastEventId, options.onRetry);
  // Not `for await (… of body)`: Safari has no async iteration of streams.
  const reader = body.getReader();
  let patienceMs = options.firstMs ?? options.idleMs;
  try {
    for (;;) {
      const { done, value } = await withinIdle(reader.read(), patienceMs);
      patienceMs = options.idleMs;
      if (done) return;
      yield* messages.push(value);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
