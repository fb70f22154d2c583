/**
 * Latency of responses without computation while all engines are busy: rejections of several kinds, health checks,
 * and deliveries of finished results. Photos are submitted in a closed loop; the measured requests arrive at a steady
 * rate.
 *
 * usage: npm run bench -- refusals [--seconds 30] [--megapixels 4] [--clients 3] [--json]
 */
import { request, type Agent, type RequestOptions } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient, bearer } from '../../test/harness/api-client.js';
import { startSystem } from '../../test/harness/system.js';
import { argument, median, percentile, show, tenth } from '../lib/figures.js';
import { photoOf } from '../lib/photo.js';

const GAP_MS = 40;
const PNG_HEAD = Buffer.from('89504e470d0a1a0a', 'hex');

const seconds = Number(argument('seconds', '30'));
const megapixels = Number(argument('megapixels', '4'));
const clients = Number(argument('clients', '3'));
const photo = await photoOf(megapixels);
const system = await startSystem({ LOG_LEVEL: 'error' });
const api = new ApiClient(system.url);
const tookMs = new Map<string, number[]>();
let photos = 0;

/** A request that needs no computation, and its expected status. */
interface Probe {
  status: number;
  options: RequestOptions & { agent?: Agent };
  body?: Buffer;
  /** The body is announced but not sent. */
  isHeld?: boolean;
}

const jpeg = (path: string, body: Buffer): Pick<Probe, 'options' | 'body'> => ({
  options: { method: 'POST', path, headers: { 'Content-Type': 'image/jpeg', 'Content-Length': body.length } },
  body,
});

const PROBES: Record<string, Probe> = {
  health: { status: 200, options: { path: '/healthz' } },
  'unknown route': { status: 404, options: { path: '/v1/nothing' } },
  'unknown job': { status: 404, options: { path: `/v1/jobs/${'A'.repeat(22)}`, headers: bearer(token()) } },
  'missing image': { status: 400, ...jpeg('/v1/jobs', Buffer.alloc(0)) },
  'invalid option': { status: 400, ...jpeg('/v1/jobs?format=bmp', photo.subarray(0, 20_000)) },
  'wrong bytes': { status: 415, ...jpeg('/v1/jobs', Buffer.alloc(20_000, 'GIF89a')) },
  damaged: { status: 422, ...jpeg('/v1/jobs', Buffer.concat([PNG_HEAD, Buffer.alloc(20_000)])) },
  'wrong type': {
    status: 415,
    options: { method: 'POST', path: '/v1/jobs', headers: { 'Content-Type': 'text/plain' } },
    body: Buffer.from('no image'),
  },
  'too large': {
    status: 413,
    options: {
      ...{ method: 'POST', path: '/v1/jobs' },
      headers: { 'Content-Type': 'image/jpeg', 'Content-Length': 100 * 2 ** 20 },
    },
    isHeld: true,
  },
};

function token(): { token: string } {
  return { token: 'A'.repeat(43) };
}

function note(kind: string, ms: number): void {
  tookMs.set(kind, [...(tookMs.get(kind) ?? []), ms]);
}

/** From the first byte sent to the last received, over a separate connection. */
function probe(kind: string, { status, options, body, isHeld }: Probe): Promise<void> {
  const { hostname, port } = new URL(system.url);
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const sent = request({ hostname, port, agent: false, ...options }, (response) => {
      response.resume().on('end', () => {
        note(kind, performance.now() - startedAt);
        if (isHeld === true) sent.destroy();
        if (response.statusCode === status) resolve();
        else reject(new Error(`${kind}: ${response.statusCode ?? 0} instead of ${status}`));
      });
    });
    // The connection of a rejected body is closed: unsent bytes do not matter.
    sent.on('error', () => undefined);
    if (isHeld === true) sent.flushHeaders();
    else sent.end(body);
  });
}

/** Submits photos one after the other, and fetches each when it is done. */
async function load(until: number): Promise<void> {
  while (performance.now() < until) {
    const job = await api.submit(photo);
    const events = await api.events(job);
    await events.received('done', 120_000);
    events.close();
    const startedAt = performance.now();
    const { status, body } = await api.result(job);
    if (status !== 200 || body.length === 0) throw new Error(`no result but ${status}`);
    note('delivery', performance.now() - startedAt);
    photos += 1;
  }
}

try {
  const until = performance.now() + 1000 * seconds;
  const loads = Array.from({ length: clients }, () => load(until));
  const probes: Promise<void>[] = [];
  const kinds = Object.entries(PROBES);
  for (let next = 0; performance.now() < until; next += 1) {
    const [kind, what] = kinds[next % kinds.length]!;
    const own = probe(kind, what);
    own.catch(() => undefined);
    probes.push(own);
    await sleep(GAP_MS);
  }
  await Promise.all([...probes, ...loads]);
  const figures = (all: readonly number[]): Record<string, number> => ({
    count: all.length,
    p50: tenth(median(all)),
    p99: tenth(percentile(all, 0.99)),
    max: tenth(Math.max(...all)),
  });
  const refusals = [...tookMs].filter(([kind]) => kind !== 'health' && kind !== 'delivery');
  show('refusals', {
    ...{ seconds, megapixels, clients },
    photosPerMinute: tenth((60 * photos) / seconds),
    refusalMs: figures(refusals.flatMap(([, all]) => all)),
    ms: Object.fromEntries([...tookMs].map(([kind, all]) => [kind, figures(all)])),
  });
} finally {
  await system.stop();
}
