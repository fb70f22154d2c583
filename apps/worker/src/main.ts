import { openBroker } from '#broker/broker.js';
import { configuredModels } from '#inference/model-catalog.js';
import { enginePlans, offeredModels } from '#config/engine-plan.js';
import { limitHeapGrowth } from '#config/heap-growth.js';
import { imageLimits } from '#config/image-limits.js';
import { readWorkerKeys } from '#auth/secret-file.js';
import { threadsOf } from '#config/process-layout.js';
import { requireRedis, runService, stopOnSignal } from '#config/process-lifecycle.js';
import { loadSettings } from '#config/settings.js';
import { Log } from '#telemetry/log.js';
import { EngineSupervisor } from './engine/engine-supervisor.js';
import { JobWorker } from './jobs/job-worker.js';
import { WorkerTelemetry } from './jobs/worker-telemetry.js';

async function main(): Promise<void> {
  const settings = requireRedis(loadSettings(process.env));
  configuredModels(process.cwd(), offeredModels(settings), settings.MODEL_LICENSES);
  const log = new Log(settings);
  const keyring = readWorkerKeys(settings.WORKER_KEY_FILE);
  const engine = new EngineSupervisor({
    plans: enginePlans(settings),
    modelDir: settings.MODEL_DIR,
    threads: threadsOf(settings),
    ...imageLimits(settings),
    maxImageBytes: settings.MAX_IMAGE_MEMORY_MB * 1_048_576,
  });
  engine.restarts.onRestart = (cause) => log.warn('engine', { cause });
  // The model loads while the broker is opened.
  const engineReady = engine.start();
  engineReady.catch(() => undefined);
  const telemetry = new WorkerTelemetry(settings);
  const broker = await openBroker(settings, 'worker', {
    onShard: (news) => log.info('shard', news),
    onConnection: (news) => log.warn('connection', news),
    observer: telemetry,
  });
  for (const fault of broker.faults) log.warn('retention', { fault });
  if (engine.confined.fault !== undefined) log.warn('retention', { fault: engine.confined.fault });
  const worker = new JobWorker({ settings, log, telemetry, keyring, engine, broker });
  stopOnSignal(settings.SHUTDOWN_S, async (reason) => {
    log.info('stopping', { service: 'worker', reason });
    await worker.stop();
    await telemetry.stop();
    await broker.close();
    log.info('stopped', { service: 'worker' });
  });
  await worker.start(await engineReady, () => setTimeout(() => process.exit(1), 100));
  process.send?.({ type: 'ready' });
}

limitHeapGrowth();
runService('worker', main);
