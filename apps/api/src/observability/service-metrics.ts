import type { Broker } from '#broker/broker.js';
import type { Settings } from '#config/settings.schema.js';
import { MetricRegistry, type MetricNumbers } from '#telemetry/metric-registry.js';
import type { MetricSource } from '#telemetry/metric-text.js';
import { minWorkers } from './board-sampler.js';

interface ServiceSources {
  broker: Broker;
  settings: Pick<Settings, 'MIN_WORKERS'>;
}

/** The service as a whole, asked for now: its gauges, and what its workers have handed over. */
export async function serviceSources({ broker, settings }: ServiceSources): Promise<MetricSource[]> {
  const { overview, workerRegistry, workerMetrics } = broker;
  try {
    const [stats, workers] = await Promise.all([overview.stats(), workerRegistry.live()]);
    const measured = await workerMetrics.read(workers.map(({ name }) => name));
    const registry = new MetricRegistry('service');
    registry.set('removebg_jobs_in_flight', {}, stats.inFlight);
    registry.set('removebg_queue_depth', {}, stats.waiting);
    registry.set('removebg_jobs_running', {}, stats.running);
    registry.set('removebg_in_flight_bytes', {}, stats.inFlightBytes);
    registry.set('removebg_capacity_bytes', {}, stats.capacityBytes);
    registry.set('removebg_tenants_in_flight', {}, stats.tenants);
    registry.set('removebg_workers_live', {}, workers.length);
    registry.set('removebg_workers_min', {}, minWorkers(settings));
    registry.set('removebg_purge_lag_seconds', {}, stats.purgeLagMs / 1000);
    registry.set('removebg_redis_up', {}, 1);
    registry.set('removebg_redis_used_bytes', {}, stats.redisUsedBytes);
    return [{ numbers: registry.numbers() }, ...measured];
  } catch {
    // Unknown gauges are left out: 0 would mean an empty queue.
    const down: MetricNumbers = { removebg_redis_up: [0] };
    return [{ numbers: down }];
  }
}
