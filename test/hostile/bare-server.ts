import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { loadSettings } from '#config/settings.js';
import { eventually } from '../harness/eventually.js';
import { createAdapter, prepareServer } from '../../apps/api/src/http/fastify-adapter.js';
import { bodyReaderOf } from '../../apps/api/src/parsers/body-reader.js';

/** The API's HTTP server with all its bounds, and nothing after it but a call that takes a body in. */
export interface BareServer {
  url: string;
  /** Resolves once so many requests to `/hold` are open. */
  held: (count: number) => Promise<void>;
  /** Answers them. */
  release: () => void;
  stop: () => Promise<void>;
}

/** Starts one in this process. @param env settings as environment variables */
export async function startBareServer(env: NodeJS.ProcessEnv = {}): Promise<BareServer> {
  const settings = loadSettings(env);
  const server: FastifyInstance = createAdapter(settings).getInstance();
  await prepareServer(server, settings);
  server.get('/healthz', async () => ({ status: 'alive' }));
  server.get('/with-effect', { config: { hasEffect: true, withoutHead: true } }, async () => ({}));
  const holding: (() => void)[] = [];
  server.get('/hold', async () => {
    await new Promise<void>((resolve) => holding.push(resolve));
    return {};
  });
  server.post('/v1/jobs', async (request) => {
    let bytes = 0;
    for await (const piece of bodyReaderOf(request.raw).pieces()) bytes += piece.length;
    return { bytes };
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  return {
    held: async (count) => {
      await eventually(() => holding.length === count);
    },
    release: () => holding.splice(0).forEach((answer) => answer()),
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.server.closeAllConnections();
      await server.close();
    },
  };
}
