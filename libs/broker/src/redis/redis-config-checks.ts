import type { Mechanism } from '#contracts/retention-mechanisms.js';

/** Required value of a configuration directive of Redis. */
interface RequiredValue {
  name: string;
  expected: string | ((value: string) => boolean);
  /** Consequence of another value. */
  closes: string;
}

/** A required value, and the mechanism that it belongs to. */
export interface RedisExpectation extends RequiredValue {
  mechanism: Mechanism;
}

const BUFFERS = /^normal 50331648 2097152 10 slave \d+ \d+ \d+ pubsub 1048576 262144 10$/;

const REQUIRED_VALUES: Readonly<Partial<Record<Mechanism, readonly RequiredValue[]>>> = {
  'volatile-redis': [
    { name: 'save', expected: '', closes: 'snapshots would write images to disk' },
    { name: 'appendonly', expected: 'no', closes: 'the append-only file would write images to disk' },
    { name: 'shutdown-on-sigterm', expected: 'nosave now', closes: 'a stop could write a snapshot' },
    { name: 'shutdown-on-sigint', expected: 'nosave now', closes: 'a stop could write a snapshot' },
    { name: 'rdb-del-sync-files', expected: 'yes', closes: 'a replication file could stay' },
    { name: 'repl-diskless-sync', expected: 'yes', closes: 'replication could go through a file' },
    { name: 'repl-diskless-load', expected: 'swapdb', closes: 'replication could go through a file' },
    { name: 'maxmemory', expected: (value) => Number(value) > 0, closes: 'memory would not be bounded' },
    { name: 'maxmemory-policy', expected: 'noeviction', closes: 'running jobs could be evicted' },
  ],
  deletion: [
    { name: 'maxmemory-clients', expected: '67108864', closes: 'buffers of slow clients would grow' },
    {
      name: 'client-output-buffer-limit',
      expected: (v) => BUFFERS.test(v),
      closes: 'slow readers would hold images',
    },
    { name: 'client-query-buffer-limit', expected: '33554432', closes: 'query buffers would grow' },
    { name: 'proto-max-bulk-len', expected: '33554432', closes: 'one value could take all memory' },
    { name: 'hz', expected: '100', closes: 'expired keys would stay for seconds' },
    { name: 'dynamic-hz', expected: 'no', closes: 'expired keys would stay for seconds' },
    { name: 'active-expire-effort', expected: '10', closes: 'expired keys would stay for seconds' },
    { name: 'lazyfree-lazy-expire', expected: 'no', closes: 'expired payloads would be freed later' },
    { name: 'stream-node-max-entries', expected: '1', closes: 'queue events would outlive their trimming' },
    { name: 'activedefrag', expected: 'no', closes: 'copies of payloads would be made in memory' },
  ],
  logs: [
    { name: 'slowlog-log-slower-than', expected: '-1', closes: 'slow commands would be remembered' },
    { name: 'slowlog-max-len', expected: '0', closes: 'slow commands would be remembered' },
    { name: 'acllog-max-len', expected: '0', closes: 'refused commands would be remembered' },
    { name: 'latency-monitor-threshold', expected: '0', closes: 'commands would be remembered' },
    { name: 'latency-tracking', expected: 'no', closes: 'commands would be counted apart' },
    { name: 'crash-log-enabled', expected: 'no', closes: 'a crash would print clients and their data' },
    { name: 'crash-memcheck-enabled', expected: 'no', closes: 'a crash would walk and print memory' },
    {
      name: 'loglevel',
      expected: (value) => value === 'notice' || value === 'warning',
      closes: 'logs would contain keys',
    },
    { name: 'logfile', expected: '', closes: 'logs would be kept in a file' },
    { name: 'syslog-enabled', expected: 'no', closes: 'logs would be kept by the system' },
    { name: 'notify-keyspace-events', expected: '', closes: 'key names would be broadcast' },
  ],
  'closed-memory': [
    { name: 'enable-debug-command', expected: 'no', closes: 'memory could be inspected' },
    { name: 'enable-module-command', expected: 'no', closes: 'code could be loaded into the server' },
    { name: 'enable-protected-configs', expected: 'no', closes: 'the place of files could be changed' },
  ],
};

/** Every directive of redis.conf that prevents retention. A test compares them with the file. */
export const REDIS_EXPECTATIONS: readonly RedisExpectation[] = Object.entries(REQUIRED_VALUES).flatMap(
  ([mechanism, values]) => values.map((value) => ({ ...value, mechanism: mechanism as Mechanism })),
);
