/** One dispatched server-sent event. */
export interface SseMessage {
  /** Value of `event:`, or `message`. */
  name: string;
  /** Lines of `data:`, joined by LF. */
  data: string;
  /** The stream's last event id at the time of dispatch; empty when none was ever sent. */
  lastEventId: string;
}

const DIGITS = /^[0-9]+$/;

/**
 * Incremental parser of an event stream: text goes in split anywhere, messages come out. An unfinished message
 * at the end of the stream is dropped, as the standard asks.
 *
 * Feed it from a `TextDecoder` made with `ignoreBOM: true`, so that exactly one byte-order mark is removed.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class SseParser {
  /** Last `id:` of a dispatched message: what a reconnect sends as `Last-Event-ID`. */
  lastEventId = '';
  /** Last `retry:`, milliseconds; undefined until the server names one. */
  retryMs: number | undefined;

  private atStart = true;
  private afterCr = false;
  private line = '';
  private name = '';
  private data: string[] = [];
  private id: string;

  /** @param lastEventId id to start from, when the stream continues an earlier one */
  constructor(lastEventId = '') {
    this.lastEventId = lastEventId;
    this.id = lastEventId;
  }

  /** Takes the next piece of text and returns the messages it completed. */
  push(piece: string): SseMessage[] {
    const messages: SseMessage[] = [];
    let from = this.skipLead(piece);
    for (let at = from; at < piece.length; at++) {
      const char = piece[at];
      if (char !== '\n' && char !== '\r') continue;
      this.line += piece.slice(from, at);
      if (char === '\r' && at + 1 === piece.length) this.afterCr = true;
      if (char === '\r' && piece[at + 1] === '\n') at++;
      from = at + 1;
      const message = this.endLine();
      if (message) messages.push(message);
    }
    this.line += piece.slice(from);
    return messages;
  }

  /** How much of `piece` to skip: the stream's byte-order mark, or the LF of a CRLF that was cut in two. */
  private skipLead(piece: string): number {
    if (piece === '') return 0;
    const isMark = this.atStart && piece.startsWith('\uFEFF');
    const isRestOfCrlf = this.afterCr && piece.startsWith('\n');
    this.atStart = false;
    this.afterCr = false;
    return isMark || isRestOfCrlf ? 1 : 0;
  }

  private endLine(): SseMessage | undefined {
    const line = this.line;
    this.line = '';
    if (line === '') return this.dispatch();
    const colon = line.indexOf(':');
    if (colon === -1) this.field(line, '');
    else if (colon > 0) {
      const value = line.slice(colon + 1);
      this.field(line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value);
    }
    return undefined;
  }

  private field(name: string, value: string): void {
    if (name === 'event') this.name = value;
    else if (name === 'data') this.data.push(value);
    else if (name === 'id') {
      if (!value.includes('\0')) this.id = value;
    } else if (name === 'retry' && DIGITS.test(value)) this.retryMs = Number(value);
  }

  private dispatch(): SseMessage | undefined {
    this.lastEventId = this.id;
    const { name, data } = this;
    this.name = '';
    this.data = [];
    // The standard appends LF after each `data` line and drops a message whose buffer is empty: no line at all.
    if (data.length === 0) return undefined;
    return { name: name || 'message', data: data.join('\n'), lastEventId: this.lastEventId };
  }
}
