import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { openBroker } from '#broker/broker.js';
import type { ShardListener } from '#broker/payload/payload-shards.js';
import type { ConnectionListener } from '#broker/redis/redis-health.js';
import { configuredModels } from '#inference/model-catalog.js';
import { enginePlans, offeredModels } from '#config/engine-plan.js';
import { limitHeapGrowth } from '#config/heap-growth.js';
import { imageLimits } from '#config/image-limits.js';
import { readKek } from '#auth/secret-file.js';
import { threadsOf } from '#config/process-layout.js';
import { requireRedis, runService, stopOnSignal, type ServiceSettings } from '#config/process-lifecycle.js';
import { loadSettings } from '#config/settings.js';
import { Log } from '#telemetry/log.js';
import { WorkerTelemetry } from './jobs/worker-telemetry.js';
import { WorkerService } from './jobs/worker.service.js';
import { EngineSupervisor } from './engine/engine-supervisor.js';
import type { WorkerContext } from './worker-context.js';
import { WorkerModule } from './worker.module.js';

async function openContext(settings: ServiceSettings): Promise<WorkerContext> {
  configuredModels(process.cwd(), offeredModels(settings));
  const log = new Log(settings);
  const kek = readKek(settings.KEK_FILE);
  const engine = new EngineSupervisor({
    plans: enginePlans(settings),
    modelDir: settings.MODEL_DIR,
    threads: threadsOf(settings),
    ...imageLimits(settings),
    maxImageBytes: settings.MAX_IMAGE_MEMORY_MB * 1_048_576,
  });
  engine.restarts.onRestart = (cause) => log.warn('engine', { cause });
  // The model loads while everything else is opened.
  const engineReady = engine.start();
  engineReady.catch(() => undefined);
  const telemetry = new WorkerTelemetry(settings);
  const onShard: ShardListener = (news) => log.info('shard', news);
  const onConnection: ConnectionListener = (news) => log.warn('connection', news);
  const broker = await openBroker(settings, 'worker', { onShard, onConnection, observer: telemetry });
  for (const fault of broker.faults) log.warn('retention', { fault });
  if (engine.confined.fault !== undefined) log.warn('retention', { fault: engine.confined.fault });
  return { settings, log, telemetry, kek, engine, engineReady, broker };
}

async function main(): Promise<void> {
  const settings = requireRedis(loadSettings(process.env));
  const context = await openContext(settings);
  const app = await NestFactory.createApplicationContext(WorkerModule.over(context), { logger: false });
  const worker = app.get(WorkerService);
  stopOnSignal(settings.SHUTDOWN_S, async (reason) => {
    context.log.info('stopping', { service: 'worker', reason });
    await worker.stop();
    await app.close();
    await context.telemetry.stop();
    await context.broker.close();
    context.log.info('stopped', { service: 'worker' });
  });
  await worker.start(() => setTimeout(() => process.exit(1), 100));
  process.send?.({ type: 'ready' });
}

limitHeapGrowth();
runService('worker', main);
