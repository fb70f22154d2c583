import type { LogEvents } from './log-fields.js';
import type { MetricRegistry } from './metric-registry.js';

/** Counts a change of a connection to Redis in the metrics of an API or worker. */
export function countConnection(metrics: MetricRegistry, change: LogEvents['connection']): void {
  const { connection } = change;
  if (change.state === 'restored') metrics.count('removebg_redis_connections_restored_total', { connection });
  else metrics.count('removebg_redis_connections_lost_total', { connection, loss: change.cause });
}
