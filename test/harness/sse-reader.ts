import { SseMessages } from '#sdk/sse-reader.js';
import { eventually } from './eventually.js';

/** One event as it came. */
export interface ReceivedEvent {
  name: string;
  id: string;
  data: Record<string, unknown>;
}

/** Reads an event stream to its end in the background and records all events. */
export class SseReader {
  readonly events: ReceivedEvent[] = [];
  /** The stream as it came, comments included. */
  raw = '';
  /** True once the server has completed the stream; false while it runs and when it broke. */
  completed = false;
  /** True once nothing more will come. */
  over = false;

  private constructor(
    readonly response: Response,
    private readonly abort: AbortController,
  ) {
    void this.read().finally(() => (this.over = true));
  }

  /** Opens a stream. @throws Error when the answer is no event stream */
  static async open(url: string, init: RequestInit = {}): Promise<SseReader> {
    const abort = new AbortController();
    const response = await fetch(url, { ...init, signal: abort.signal });
    const type = response.headers.get('content-type') ?? '';
    if (!type.startsWith('text/event-stream')) {
      throw new Error(`no event stream but ${response.status}: ${await response.text()}`);
    }
    return new SseReader(response, abort);
  }

  /** Names of the events so far. */
  get names(): string[] {
    return this.events.map(({ name }) => name);
  }

  /** All events of one name so far. */
  all(name: string): ReceivedEvent[] {
    return this.events.filter((event) => event.name === name);
  }

  /** The first event of that name. */
  async received(name: string, timeoutMs = 20_000): Promise<ReceivedEvent> {
    try {
      return await eventually(() => this.all(name)[0], timeoutMs);
    } catch {
      throw new Error(`received no ${name}, only ${this.names.join(', ')}`);
    }
  }

  /** Resolves when the stream is over. */
  async ended(timeoutMs = 20_000): Promise<this> {
    await eventually(() => this.over, timeoutMs);
    return this;
  }

  /** The image of a stream with inline delivery. */
  image(): Buffer {
    return Buffer.concat(this.all('chunk').map(({ data }) => Buffer.from(String(data['data']), 'base64')));
  }

  /** Leaves. */
  close(): void {
    this.abort.abort();
  }

  private async read(): Promise<void> {
    const messages = new SseMessages();
    const decoder = new TextDecoder();
    try {
      for await (const piece of this.response.body as unknown as AsyncIterable<Uint8Array>) {
        this.raw += decoder.decode(piece, { stream: true });
        for (const { name, data, lastEventId } of messages.push(piece)) {
          this.events.push({ name, id: lastEventId, data: JSON.parse(data) as Record<string, unknown> });
        }
      }
      this.completed = true;
    } catch {
      // The connection broke or was closed from here.
    }
  }
}
