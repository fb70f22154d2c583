import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { connect, whenReady } from '#broker/redis/redis-connection.js';
import { VERSION } from '#contracts/version.js';

const ANSWER_LIMIT_MS = 3000;

/** Version, audit program and machine. Contains no host name and no path. */
export interface AuditEnvironment {
  /** Version of the audited service; undefined when unknown. */
  serviceVersion: string | undefined;
  /** Version of the audit program. */
  auditVersion: string;
  /** Commit of the audit program; undefined outside a checkout. */
  commit: { id: string; isModified: boolean } | undefined;
  cpu: string;
  cores: number;
  memoryMib: number;
  os: string;
  kernel: string;
  node: string;
  /** Versions of the reachable Redis servers. */
  redis: string[];
}

/** Collects the facts. @param root folder of the audit program */
export async function describeEnvironment(
  root: string,
  { url, redisUrls }: { url: string; redisUrls: readonly string[] },
): Promise<AuditEnvironment> {
  const versions = await Promise.all(redisUrls.map(redisVersion));
  return {
    serviceVersion: await serviceVersion(url),
    auditVersion: VERSION,
    commit: commitOf(root),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryMib: Math.round(totalmem() / 1_048_576),
    os: osName(),
    kernel: release(),
    node: process.version,
    redis: [...new Set(versions.filter((version) => version !== undefined))],
  };
}

async function serviceVersion(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(new URL('/.well-known/retention', url), {
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    const { version } = (await response.json()) as { version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}

async function redisVersion(url: string): Promise<string | undefined> {
  const redis = connect(url, 'payload');
  try {
    await whenReady(redis, ANSWER_LIMIT_MS);
    return /^redis_version:(\S+)/m.exec(await redis.info('server'))?.[1];
  } catch {
    return undefined;
  } finally {
    redis.disconnect();
  }
}

function commitOf(root: string): AuditEnvironment['commit'] {
  const git = (...words: string[]): string =>
    execFileSync('git', words, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return { id: git('rev-parse', 'HEAD'), isModified: git('status', '--porcelain') !== '' };
  } catch {
    return undefined;
  }
}

function osName(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  } catch {
    return 'Linux';
  }
}
