import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { openBroker } from '#broker/broker.js';
import type { ImageFetcher } from '#fetcher/image-fetcher.js';
import { readCatalog } from '#inference/model-catalog.js';
import { ApiKeyFile } from '#auth/api-key-file.js';
import { readApiSecret, readWorkerPublicKey } from '#auth/secret-file.js';
import { requireRedis } from '#config/process-lifecycle.js';
import { loadSettings } from '#config/settings.js';
import { builtInTiers } from '#auth/tier-table.js';
import { Log } from '#telemetry/log.js';
import { deriveReceiptKey } from '#crypto/receipt-keys.js';
import { ReceiptSigner } from '#crypto/receipt-signer.js';
import { AppModule } from '../../apps/api/src/app.module.js';
import { createAdapter, prepareServer } from '../../apps/api/src/http/fastify-adapter.js';
import { ProblemFilter } from '../../apps/api/src/http/problem-responses.js';
import { ApiTelemetry } from '../../apps/api/src/observability/api-telemetry.js';
import type { TestSystem } from './system.js';

/** An API within the test's own process. */
export interface InsideApi {
  url: string;
  /** Everything it has printed. */
  output: () => string;
  stop: () => Promise<void>;
}

/** Starts one, on the Redis of `system`, that fetches images with `images`: the rest is as in `apps/api/src/main.ts`. */
export async function startApiInside(system: TestSystem, images: ImageFetcher): Promise<InsideApi> {
  const settings = requireRedis(
    loadSettings({ REDIS_URL: `unix://${system.redis.socket}`, RATE_LIMIT: 'off', RETENTION_GUARD: 'warn' }),
  );
  const apiSecret = readApiSecret(system.keyFiles.API_SECRET_FILE);
  const workerKey = readWorkerPublicKey(system.keyFiles.WORKER_PUBLIC_KEY_FILE);
  const telemetry = new ApiTelemetry(settings);
  const broker = await openBroker(settings, 'api', { observer: telemetry });
  let printed = '';
  const log = new Log({ LOG_LEVEL: 'debug', LOG_FORMAT: 'json' }, (line) => (printed += line));
  const stopping = new AbortController();
  const adapter = createAdapter(settings);
  const module = AppModule.over({
    ...{ settings, broker, apiSecret, workerKey, images, log, telemetry },
    models: readCatalog(process.cwd()).shipped,
    keys: new ApiKeyFile(undefined, builtInTiers(settings)),
    receipts: await ReceiptSigner.over([deriveReceiptKey(apiSecret)]),
    audit: undefined,
    stopping: stopping.signal,
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: false,
    bodyParser: false,
  });
  await prepareServer(adapter.getInstance(), settings);
  app.useGlobalFilters(new ProblemFilter(log));
  await app.listen(0, '127.0.0.1');
  return {
    url: `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`,
    output: () => printed,
    stop: async () => {
      stopping.abort();
      await app.close();
      await telemetry.stop();
      await broker.close();
    },
  };
}
