import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { openBroker } from '#broker/broker.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { readKek } from '#settings/key.file.js';
import { RetentionGuardError } from '#settings/retention.fact.js';
import type { Settings } from '#settings/settings.schema.js';
import { loadSettings, SettingsError } from '#settings/settings.js';
import { Log } from '#telemetry/log.js';
import { WorkerService } from './cutout/worker.service.js';
import { EngineHost } from './engine/engine.host.js';
import type { WorkerContext } from './worker.context.js';
import { WorkerModule } from './worker.module.js';

/** Exit status of a process that must not be restarted before its configuration is mended (sysexits.h). */
const EX_CONFIG = 78;

async function openContext(settings: Settings & { REDIS_URL: string }): Promise<WorkerContext> {
  const log = new Log(settings.LOG_LEVEL);
  const kek = readKek(settings.KEK_FILE);
  const engine = new EngineHost({
    model: settings.MODEL,
    modelDir: settings.MODEL_DIR,
    threads: settings.THREADS,
    maxPixels: settings.MAX_MEGAPIXELS * 1_000_000,
    maxSidePixels: settings.MAX_SIDE_PIXELS,
  });
  // The model loads while everything else is opened.
  const engineReady = engine.start();
  engineReady.catch(() => undefined);
  const broker = await openBroker(settings, 'worker');
  for (const fault of broker.faults) log.warn('retention', { fault });
  return { settings, log, kek, engine, engineReady, broker };
}

async function main(): Promise<void> {
  const settings = loadSettings(process.env);
  const url = settings.REDIS_URL;
  if (url === undefined) throw new SettingsError('REDIS_URL: needed; `npm start` embeds a Redis');
  const context = await openContext({ ...settings, REDIS_URL: url });
  const app = await NestFactory.createApplicationContext(WorkerModule.over(context), { logger: false });
  const worker = app.get(WorkerService);
  let stopping = false;
  const stop = (reason: string): void => {
    if (stopping) return;
    stopping = true;
    context.log.info('stopping', { service: 'worker', reason });
    setTimeout(() => process.exit(1), settings.SHUTDOWN_S * 1000).unref();
    void close().then(() => process.exit(0));
  };
  const close = async (): Promise<void> => {
    await worker.stop();
    await app.close();
    await context.broker.close();
    context.log.info('stopped', { service: 'worker' });
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
  if (process.send !== undefined) process.on('disconnect', () => stop('parent gone'));
  await worker.start(() => setTimeout(() => process.exit(1), 100));
  process.send?.({ type: 'ready' });
}

process.on('SIGUSR1', () => undefined);
main().catch((error: unknown) => {
  const expected =
    error instanceof SettingsError || error instanceof RetentionGuardError || error instanceof Problem;
  process.stderr.write(expected ? `${error.message}\n` : `The worker could not start: ${String(error)}\n`);
  process.exit(expected ? EX_CONFIG : 1);
});
