import { createParser } from 'eventsource-parser';

/** One server-sent event. */
export interface SseMessage {
  /** Value of `event:`, or `message`. */
  name: string;
  /** Lines of `data:`, joined by LF. */
  data: string;
  /** The stream's last event id so far; empty if none was sent. */
  lastEventId: string;
}

/** Options for one connection. Times in milliseconds. */
export interface SseReadOptions {
  /** Last event id of the previous connection. */
  lastEventId?: string;
  /** Maximum time without data, heartbeats included, before the connection counts as dead. */
  idleMs: number;
  /** The same before the first byte. Default: `idleMs`. */
  firstMs?: number;
  /** Called with the delay of each `retry:` field. */
  onRetry?: (retryMs: number) => void;
}

/** No data and no heartbeat arrived in time. */
export class SilentStream extends Error {
  override readonly name = 'SilentStream';
}

/** Parses an event stream that arrives in chunks, split anywhere. */
export class SseMessages {
  private readonly decoder = new TextDecoder();
  private readonly complete: SseMessage[] = [];
  private readonly parser;

  /** @param lastEventId last event id of the previous connection */
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

  /** Parses the next chunk; returns the messages that it completes. */
  push(chunk: Uint8Array): SseMessage[] {
    this.parser.feed(this.decoder.decode(chunk, { stream: true }));
    return this.complete.splice(0);
  }
}

/** Awaits `read`. @throws SilentStream after `limitMs` */
async function withIdleLimit<T>(read: Promise<T>, limitMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SilentStream()), limitMs);
  });
  try {
    return await Promise.race([read, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The messages of one event-stream connection. Leaving the loop closes the connection.
 * @throws SilentStream if the connection goes silent | the transport's error if it fails
 */
export async function* readSse(
  body: ReadableStream<Uint8Array>,
  options: SseReadOptions,
): AsyncGenerator<SseMessage, void, undefined> {
  const messages = new SseMessages(options.lastEventId, options.onRetry);
  // A reader, because Safari does not support async iteration of streams.
  const reader = body.getReader();
  let limitMs = options.firstMs ?? options.idleMs;
  try {
    for (;;) {
      const { done, value } = await withIdleLimit(reader.read(), limitMs);
      limitMs = options.idleMs;
      if (done) return;
      yield* messages.push(value);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
