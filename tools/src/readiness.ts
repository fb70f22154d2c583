import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiPorts } from './start-checks.js';

interface Polling {
  intervalMs: number;
  limitMs: number;
  isOver: () => boolean;
}

/** Polls a condition. Resolves to false when the time is up or `isOver` says so. */
export async function waitUntil(
  condition: () => Promise<boolean>,
  { intervalMs, limitMs, isOver }: Polling,
): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (performance.now() < deadline && !isOver()) {
    if (await condition()) return true;
    await sleep(intervalMs);
  }
  return false;
}

/** True when a unix socket accepts connections. */
export const acceptsConnections = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });

/** True when a URL answers with 200. */
export async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** Origin of a server on this machine, by the address that it listens on. */
export function originOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

/** The ports in the IPC message of an API that listens; undefined for any other message. */
export function listeningPorts(message: unknown): ApiPorts | undefined {
  if (typeof message !== 'object' || message === null || !('type' in message)) return undefined;
  if (message.type !== 'listening' || !('port' in message) || typeof message.port !== 'number')
    return undefined;
  const metrics = 'metricsPort' in message ? message.metricsPort : undefined;
  return { PORT: message.port, METRICS_PORT: typeof metrics === 'number' ? metrics : undefined };
}
