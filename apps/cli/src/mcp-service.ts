import { RemoveBg } from '#sdk/removebg-client.js';
import { findCheckout, startLocal, type LocalService } from './local-service.js';
import type { McpSettings } from './mcp-settings.js';
import { requireModel, requireService } from './service-check.js';

/** A service that answers, and a client of it. */
export interface OpenService {
  origin: string;
  client: RemoveBg;
}

/** Access of the tools to the service. With `--local`, the first call starts one. */
export class ServiceAccess {
  private readonly stopping = new AbortController();
  private local: Promise<LocalService> | undefined;

  constructor(
    private readonly settings: McpSettings,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** The API key, if any. */
  get key(): string | undefined {
    return this.settings.key;
  }

  /**
   * Checks that the service answers, and has the model if one is named.
   * @throws CommandError that says what to do | the signal's reason
   */
  async open(signal: AbortSignal, model?: string): Promise<OpenService> {
    const { key, patienceMs } = this.settings;
    const origin = await this.origin();
    signal.throwIfAborted();
    await requireService(origin, signal);
    if (model !== undefined) await requireModel(origin, model, { key, signal });
    return {
      origin,
      client: new RemoveBg({ origin, patienceMs, ...(key !== undefined && { apiKey: key }) }),
    };
  }

  /** Address of the service. @throws CommandError if the local service does not start */
  async origin(): Promise<string> {
    if (!this.settings.isLocal) return this.settings.server;
    this.local ??= this.start();
    try {
      return (await this.local).origin;
    } catch (error) {
      // The next call starts it again.
      this.local = undefined;
      throw error;
    }
  }

  /** Stops the local service, if there is one. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('the server is stopping'));
    await (await this.local?.catch(() => undefined))?.stop();
  }

  private async start(): Promise<LocalService> {
    return startLocal(findCheckout(this.env, '--local'), this.env, this.stopping.signal);
  }
}
