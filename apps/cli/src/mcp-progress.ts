import { setTimeout } from 'node:timers/promises';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';

/** What the protocol passes with a request. */
export type RequestExtra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** Repeats the last state this often, so that a client with a time limit sees that the call is alive. */
const HEARTBEAT_MS = 10_000;
/**
 * Clients handle a response at once and notifications a moment later: a notification that arrives in one piece with the response
 * belongs to a request that has ended.
 */
const SEPARATION_MS = 20;
/** The protocol requires each notification to have a greater number than the one before. */
const SMALLEST_STEP = 0.001;

/** Progress notifications of one call; none if the client did not ask for them. */
export class ProgressReporter {
  private last = -SMALLEST_STEP;
  private message = '';
  private readonly token;
  private readonly clock;

  /** @param total number that stands for the end */
  constructor(
    private readonly extra: Pick<RequestExtra, '_meta' | 'sendNotification'>,
    private total: number,
  ) {
    this.token = extra._meta?.progressToken;
    if (this.token !== undefined)
      this.clock = setInterval(() => this.report(this.last, this.message), HEARTBEAT_MS).unref();
  }

  /** Reports a state. @param done at most the total */
  report(done: number, message: string, total = this.total): void {
    this.message = message;
    this.total = total;
    if (this.token === undefined) return;
    this.last = Math.max(done, Number((this.last + SMALLEST_STEP).toFixed(3)));
    const params = { progressToken: this.token, progress: this.last, total, message };
    // The connection may be closed by now.
    void this.extra.sendNotification({ method: 'notifications/progress', params }).catch(() => undefined);
  }

  /** Ends the repetitions. Resolves when the result may be sent: after the last notification has left alone. */
  async end(): Promise<void> {
    clearInterval(this.clock);
    if (this.message !== '' && this.token !== undefined) await setTimeout(SEPARATION_MS);
  }
}
