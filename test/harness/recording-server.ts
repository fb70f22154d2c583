import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it arrived. */
export interface RecordedRequest {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  bodyBytes: number;
}

/** An HTTP server that records its requests, to check what a proxy forwards. */
export class RecordingServer {
  readonly requests: RecordedRequest[] = [];

  private constructor(private readonly server: Server) {}

  /** Starts one. `answer` replies to a request that has been read; by default with `204`. */
  static async start(
    answer: (response: ServerResponse, request: RecordedRequest) => void = (response) =>
      response.writeHead(204).end(),
  ): Promise<RecordingServer> {
    const server = createServer();
    const self = new RecordingServer(server);
    server.on('request', (request, response) => {
      let bodyBytes = 0;
      request.on('data', (piece: Buffer) => (bodyBytes += piece.length));
      request.on('error', () => undefined);
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        const recorded = { method, url, headers, bodyBytes };
        self.requests.push(recorded);
        answer(response, recorded);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return self;
  }

  /** Address, `host:port`. */
  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Ends it and all its connections. */
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
