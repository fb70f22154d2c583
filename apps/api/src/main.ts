import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { openBroker } from '#broker/broker.js';
import { ImageFetcher } from '#fetcher/image-fetcher.js';
import { configuredModels } from '#inference/model-catalog.js';
import { readAuditReport } from '#config/audit-report-file.js';
import { offeredModels } from '#config/engine-plan.js';
import { limitHeapGrowth } from '#config/heap-growth.js';
import { ApiKeyFile } from '#auth/api-key-file.js';
import { readApiSecret, readReceiptKeys, readWorkerPublicKey } from '#auth/secret-file.js';
import { addressFault } from '#config/listen-errors.js';
import { requireRedis, runService, stopOnSignal } from '#config/process-lifecycle.js';
import type { Settings } from '#config/settings.schema.js';
import { loadSettings } from '#config/settings.js';
import { builtInTiers } from '#auth/tier-table.js';
import { Log } from '#telemetry/log.js';
import { deriveReceiptKey } from '#crypto/receipt-keys.js';
import { ReceiptSigner, type ReceiptKeys } from '#crypto/receipt-signer.js';
import type { Resources } from './core/providers.js';
import { AppModule } from './app.module.js';
import { logAccess } from './http/access-log.js';
import { createAdapter, prepareServer } from './http/fastify-adapter.js';
import { wipeParserAfterBodies } from './http/request-body-limits.js';
import { servePage } from './http/static-page.js';
import { ProblemFilter } from './http/problem-responses.js';
import { reportRateLimits } from './http/rate-limit-headers.js';
import { serveDocument } from './openapi/api-document.js';
import { AdminServer } from './observability/admin-server.js';
import { ApiTelemetry, countRequests } from './observability/api-telemetry.js';
import { reportQueue } from './observability/queue-reports.js';
import { servePrivacyPage } from './service/privacy-page.js';
import { serveSecurityContact } from './service/security-contact.js';

const CLOSE_IDLE_EVERY_MS = 50;

/** Folder of the built page. */
const PAGE_FOLDER = fileURLToPath(new URL('../../web', import.meta.url));

function imageFetcher({
  IMAGE_URL,
  IMAGE_URL_TIMEOUT_S,
  IMAGE_URL_PORTS,
}: Settings): ImageFetcher | undefined {
  if (!IMAGE_URL) return undefined;
  return new ImageFetcher({ totalMs: IMAGE_URL_TIMEOUT_S * 1000, ports: IMAGE_URL_PORTS });
}

async function openResources(stopping: AbortSignal): Promise<Resources> {
  const settings = requireRedis(loadSettings(process.env));
  const log = new Log(settings);
  const apiSecret = readApiSecret(settings.API_SECRET_FILE);
  const workerKey = readWorkerPublicKey(settings.WORKER_PUBLIC_KEY_FILE);
  const receiptFile = settings.RECEIPT_KEY_FILE;
  const receiptKeys: ReceiptKeys =
    receiptFile === undefined ? [deriveReceiptKey(apiSecret)] : readReceiptKeys(receiptFile);
  const models = configuredModels(process.cwd(), offeredModels(settings), settings.MODEL_LICENSES);
  const keys = new ApiKeyFile(settings.KEYS_FILE, builtInTiers(settings));
  const telemetry = new ApiTelemetry(settings);
  const broker = await openBroker(settings, 'api', {
    onShard: (news) => log.info('shard', news),
    onConnection: (news) => log.warn('connection', news),
    observer: telemetry,
  });
  for (const fault of broker.faults) log.warn('retention', { fault });
  return {
    settings,
    broker,
    log,
    telemetry,
    apiSecret,
    workerKey,
    models,
    keys,
    images: imageFetcher(settings),
    audit: readAuditReport(settings.AUDIT_REPORT_FILE),
    receipts: await ReceiptSigner.over(receiptKeys),
    stopping,
  };
}

async function createApp(resources: Resources): Promise<NestFastifyApplication> {
  const adapter = createAdapter(resources.settings);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.over(resources), adapter, {
    logger: false,
    bodyParser: false,
    abortOnError: false,
  });
  const server = adapter.getInstance();
  logAccess(server, resources.log);
  countRequests(server, resources.telemetry.metrics);
  reportRateLimits(server);
  wipeParserAfterBodies(server);
  await prepareServer(server, resources.settings);
  await servePage(server, PAGE_FOLDER, resources.settings.PUBLIC_URL);
  serveSecurityContact(server, resources.settings);
  servePrivacyPage(server, PAGE_FOLDER, resources.settings);
  app.useGlobalFilters(new ProblemFilter(resources.log));
  serveDocument(app);
  return app;
}

/** @throws SettingsError when the address is not available, so that the process is not restarted */
async function listen(app: NestFastifyApplication, { PORT, HOST }: Settings): Promise<void> {
  try {
    await app.listen(PORT, HOST);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw addressFault({ PORT, HOST }, code) ?? error;
  }
}

async function main(): Promise<void> {
  const stopping = new AbortController();
  const resources = await openResources(stopping.signal);
  const { settings, log, broker } = resources;
  const app = await createApp(resources);
  const admin = await AdminServer.open(resources);
  await listen(app, settings);
  broker.sweeper.start();
  const unfollow = resources.keys.follow((news) => {
    if ('fault' in news) log.warn('keys', news);
    else log.info('keys', { loaded: news.keys });
  });
  const { port } = app.getHttpServer().address() as { port: number };
  log.info('started', { service: 'api', port });
  process.send?.({ type: 'listening', port, metricsPort: admin?.port });
  const stopReports = reportQueue(broker.queue, settings);
  stopOnSignal(settings.SHUTDOWN_S, async (reason) => {
    log.info('stopping', { service: 'api', reason });
    stopping.abort();
    unfollow();
    stopReports();
    // Otherwise connections that become idle now would be kept alive for seconds.
    const idle = setInterval(() => {
      app.getHttpServer().closeIdleConnections();
    }, CLOSE_IDLE_EVERY_MS);
    await app.close();
    clearInterval(idle);
    await broker.sweeper.stop();
    await admin?.close();
    await resources.telemetry.stop();
    await broker.close();
    log.info('stopped', { service: 'api' });
  });
}

limitHeapGrowth();
runService('API', main);
