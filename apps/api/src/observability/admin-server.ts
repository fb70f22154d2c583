import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type Server } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { addressFault } from '#config/listen-errors.js';
import { METRICS_MIME, metricsText } from '#telemetry/metric-text.js';
import type { Settings } from '#config/settings.schema.js';
import { NO_STORE } from '../http/cache-control.js';
import { BOARD_POLICY, boardPage } from './board-page.js';
import { BoardSampler, type BoardSources } from './board-sampler.js';
import { boardText } from './board-text.js';
import { serviceSources } from './service-metrics.js';

/** A response of the admin port. */
interface AdminResponse {
  status: number;
  type: string;
  text: string;
}

const TEXT = 'text/plain; charset=utf-8';
const HEADERS: OutgoingHttpHeaders = {
  ...NO_STORE,
  'Content-Security-Policy': BOARD_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

const plain = (status: number, text: string): AdminResponse => ({ status, type: TEXT, text: `${text}\n` });

const INDEX = 'Removebg BD admin port: /metrics  /metrics/own  /board  /board.json  /board.txt';

/** Data sources of the admin port. */
export interface AdminSources extends BoardSources {
  settings: Settings;
}

/** Metrics and queue board of one API, on a separate port for operators. */
export class AdminServer {
  private constructor(
    private readonly server: Server,
    private readonly sampler: BoardSampler,
  ) {}

  /** The port on which it listens. */
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /**
   * Listens on METRICS_PORT; undefined when it is not set.
   * @throws SettingsError when the address is not available
   */
  static async open(sources: AdminSources): Promise<AdminServer | undefined> {
    const { METRICS_PORT: port, METRICS_HOST: host } = sources.settings;
    if (port === undefined) return undefined;
    const sampler = new BoardSampler(sources);
    const server = createServer({ headersTimeout: 5000, requestTimeout: 5000 }, (request, response) => {
      void respond(request, sources, sampler)
        .catch(() => plain(503, 'unavailable'))
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
): Promise<AdminResponse> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'GET only');
  if (!isAddressedByIp(request, sources)) return plain(421, 'use an IP address or localhost');
  const own = { numbers: sources.telemetry.numbers() };
  switch (request.url) {
    case '/':
      return plain(200, INDEX);
    case '/metrics':
      return {
        status: 200,
        type: METRICS_MIME,
        text: metricsText([own, ...(await serviceSources(sources))]),
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
 * A web page in the browser of an operator could resolve its own name to this machine (DNS rebinding) and read the admin
 * port. Requests with a host name other than localhost are refused.
 */
function isAddressedByIp({ headers }: IncomingMessage, { settings }: AdminSources): boolean {
  if (settings.TELEMETRY_ON_NETWORK) return true;
  const name = (headers.host ?? '').replace(/:\d+$/, '').replaceAll(/[[\]]/g, '');
  return name === 'localhost' || isIP(name) !== 0;
}
