import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that arrived. */
export interface Arrival {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingHttpHeaders;
}

/** Answers a request in place of the storage. `nth` counts the requests of this method and path, from 1. */
export type Behavior = (response: ServerResponse, nth: number) => void;

/** An object storage as a client sees it: GET serves objects, PUT stores them. It notes who comes. */
export class StorageServer {
  readonly arrivals: Arrival[] = [];
  /** Objects by path, without a query. */
  readonly objects = new Map<string, Buffer>();
  /** By `METHOD /path`. A behavior that does not answer leaves the request to the storage. */
  readonly behaviors = new Map<string, Behavior>();
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      const { method = '', url: path = '', headers } = request;
      const bare = path.split('?')[0] ?? '';
      const chunks: Buffer[] = [];
      request.on('data', (piece: Buffer) => chunks.push(piece));
      request.once('end', () => {
        this.arrivals.push({ method, path, headers });
        this.behaviors.get(`${method} ${bare}`)?.(response, this.of(method, bare).length);
        if (response.headersSent || response.destroyed) return;
        if (method === 'PUT') this.objects.set(bare, Buffer.concat(chunks));
        const body = method === 'GET' ? this.objects.get(bare) : Buffer.alloc(0);
        response.writeHead(body === undefined ? 404 : 200).end(body);
      });
    });
  }

  /** Listens on a free port. */
  static async start(): Promise<StorageServer> {
    const storage = new StorageServer();
    await new Promise<void>((resolve) => storage.server.listen(0, '127.0.0.1', resolve));
    return storage;
  }

  /** Its origin. @param host another name of this machine is another origin */
  url(host = '127.0.0.1'): string {
    return `http://${host}:${(this.server.address() as AddressInfo).port}`;
  }

  /** The requests for a path. */
  of(method: string, path: string): Arrival[] {
    return this.arrivals.filter((one) => one.method === method && one.path.split('?')[0] === path);
  }

  /** Ends it, and all its connections. */
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
