import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type Server } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { addressFault } from '#config/listen-errors.js';
import { METRICS_MIME, metricsText } from '#telemetry/metric-text.js';
import type { Settings } from '#config/settings.schema.js';
import { BOARD_POLICY, boardPage } from './board-page.js';
import { BoardSampler, type BoardSources } from './board-sampler.js';
import { boardText } from './board-text.js';
import { serviceSources } from './service-metrics.js';

/** What is at an address of the admin port. */
interface Answer {
  status: number;
  type: string;
  text: string;
}

const TEXT = 'text/plain; charset=utf-8';
const HEADERS: OutgoingHttpHeaders = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': BOARD_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

const plain = (status: number, text: string): Answer => ({ status, type: TEXT, text: `${text}\n` });

const INDEX = 'Removebg BD, for operators: /metrics  /metrics/own  /board  /board.json  /board.txt';

/** What the admin port reports. */
export interface AdminSources extends BoardSources {
  settings: Settings;
}

/** Metrics and queue board of one API, on a port of their own that is not for clients. */
export class AdminServer {
  private constructor(
    private readonly server: Server,
    private readonly sampler: BoardSampler,
  ) {}

  /** The port that is listened on. */
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /**
   * Listens where the settings say; undefined when they say nowhere.
   * @throws SettingsError when the address is not available
   */
  static async open(sources: AdminSources): Promise<AdminServer | undefined> {
    const { METRICS_PORT: port, METRICS_HOST: host } = sources.settings;
    if (port === undefined) return undefined;
    const sampler = new BoardSampler(sources);
    const server = createServer({ headersTimeout: 5000, requestTimeout: 5000 }, (request, response) => {
      void respond(request, sources, sampler)
        .catch(() => plain(503, 'not now'))
        .then(({ status, type, text }) => {
          response.writeHead(status, { ...HEADERS, 'Content-Type': type });
          response.end(request.method === 'HEAD' ? undefined : text);
        });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        reject(addressFault({ METRICS_PORT: port, METRICS_HOST: host }, error.code) ?? error),
      );
      server.listen(port, host, resolve);
    });
    sampler.start();
    return new AdminServer(server, sampler);
  }

  /** Stops listening. */
  async close(): Promise<void> {
    this.sampler.stop();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

async function respond(
  request: IncomingMessage,
  sources: AdminSources,
  sampler: BoardSampler,
): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'GET only');
  if (!isAskedByAddress(request, sources)) return plain(421, 'ask by address, or as localhost');
  const own = { numbers: sources.telemetry.numbers() };
  switch (request.url) {
    case '/':
      return plain(200, INDEX);
    case '/metrics':
      return {
        status: 200,
        type: METRICS_MIME,
        text: metricsText([own, ...(await serviceSources(sources.broker))]),
      };
    case '/metrics/own':
      return { status: 200, type: METRICS_MIME, text: metricsText([own]) };
    case '/board':
      return { status: 200, type: 'text/html; charset=utf-8', text: boardPage(await sampler.view()) };
    case '/board.json':
      return { status: 200, type: 'application/json', text: JSON.stringify(await sampler.view()) };
    case '/board.txt':
      return plain(200, boardText(await sampler.view()));
    default:
      return plain(404, INDEX);
  }
}

/**
 * A page from elsewhere in an operator's browser could have a name of its own lead to this machine ("DNS rebinding")
 * and read what only this machine may. Requests by such a name are refused.
 */
function isAskedByAddress({ headers }: IncomingMessage, { settings }: AdminSources): boolean {
  if (settings.TELEMETRY_ON_NETWORK) return true;
  const name = (headers.host ?? '').replace(/:\d+$/, '').replaceAll(/[[\]]/g, '');
  return name === 'localhost' || isIP(name) !== 0;
}
