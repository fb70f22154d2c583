import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until something is true.
 * @param {() => Promise<boolean>} isTrue
 * @param {{ everyMs: number, limitMs: number, isOver: () => boolean }} until
 * @returns {Promise<boolean>} false when the time ran out or the matter was over before
 */
export async function waitUntil(isTrue, { everyMs, limitMs, isOver }) {
  const lastAt = performance.now() + limitMs;
  while (performance.now() < lastAt && !isOver()) {
    if (await isTrue()) return true;
    await sleep(everyMs);
  }
  return false;
}

/**
 * True when something accepts connections on this unix socket.
 * @param {string} path
 * @returns {Promise<boolean>}
 */
export const accepts = (path) =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });

/**
 * True when the address answers 200.
 * @param {string} url
 */
export async function answers(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

/**
 * Address that reaches the API from this machine.
 * @param {string} host what it listens on
 * @param {number} port
 */
export function addressOf(host, port) {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

/**
 * The ports in the API's message that it listens.
 * @param {unknown} message
 * @returns {import('./start.checks.mjs').ApiPorts | undefined}
 */
export function listeningPorts(message) {
  if (typeof message !== 'object' || message === null || !('type' in message)) return undefined;
  if (message.type !== 'listening' || !('port' in message) || typeof message.port !== 'number')
    return undefined;
  const hasMetrics = 'metricsPort' in message && typeof message.metricsPort === 'number';
  return { PORT: message.port, METRICS_PORT: hasMetrics ? Number(message.metricsPort) : undefined };
}
