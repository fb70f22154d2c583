/**
 * Many clients waiting by SSE on one API process, each for its own job: how much memory they take and whether
 * every one of them hears the end of its job. The jobs wait in the real queue; then all are cancelled but a
 * few, which a worker does.
 *
 * usage: npm run bench -- waiters [--clients 1000] [--done 5] [--json]
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { startSystem } from '../test/support/system.js';
import { argument, percentile, show, tenth } from './figures.js';
import { photoOf } from './photo.js';

const clients = Number(argument('clients', '1000'));
const done = Number(argument('done', '5'));
const system = await startSystem(
  { REDIS_MAXMEMORY_MB: '2048', LOG_LEVEL: 'error', QUEUE_TTL_S: '900', TRUST_PROXY: '127.0.0.1' },
  0,
);
const photo = await photoOf(0.06);
const agent = new Agent({ keepAlive: true, maxSockets: 16 });

interface Job {
  id: string;
  token: string;
}

function call(
  method: string,
  path: string,
  options: { token?: string; body?: Buffer; from?: string } = {},
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(options.token !== undefined && { Authorization: `Bearer ${options.token}` }),
      // Each client is a tenant of its own: one of them may not have so many jobs.
      ...(options.from !== undefined && { 'X-Forwarded-For': options.from }),
      ...(options.body !== undefined && {
        'Content-Type': 'image/jpeg',
        'Content-Length': options.body.length,
      }),
    };
    const sent = request(`${system.url}${path}`, { method, agent, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve(Buffer.concat(parts)));
    });
    sent.on('error', reject);
    sent.end(options.body);
  });
}

/** Holds one stream open; resolves with the name of its last state event and when that came. */
function listen({ id, token }: Job): {
  opened: Promise<void>;
  ended: Promise<{ event: string; at: number }>;
} {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const ended = new Promise<{ event: string; at: number }>((resolve, reject) => {
    const sent = request(
      `${system.url}/v1/jobs/${id}/events?token=${token}`,
      { agent: false },
      (response) => {
        let event = 'none';
        open();
        response.on('data', (part: Buffer) => {
          event = [...part.toString('latin1').matchAll(/^event: (\w+)/gm)].at(-1)?.[1] ?? event;
        });
        response.on('end', () => resolve({ event, at: performance.now() }));
      },
    );
    sent.on('error', reject);
    sent.end();
  });
  return { opened, ended };
}

const rssMb = (): number => {
  const status = readFileSync(`/proc/${system.apis[0]?.child.pid ?? 0}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
};

async function inBatches<T, R>(items: T[], size: number, act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += size) {
    results.push(...(await Promise.all(items.slice(i, i + size).map(act))));
  }
  return results;
}

try {
  const idleMb = rssMb();
  const numbers = Array.from({ length: clients }, (_, i) => i);
  const jobs = await inBatches(numbers, 16, async (i) => {
    const from = `10.0.${i >> 8}.${i & 255}`;
    return JSON.parse((await call('POST', '/v1/jobs', { body: photo, from })).toString()) as Job;
  });
  const submittedMb = rssMb();
  const streams = jobs.map(listen);
  await Promise.all(streams.map(({ opened }) => opened));
  await new Promise((resolve) => setTimeout(resolve, 15_000));
  const waitingMb = rssMb();
  const cancelledAt: number[] = [];
  await inBatches(numbers.slice(done), 16, async (i) => {
    cancelledAt[i] = performance.now();
    await call('DELETE', `/v1/jobs/${jobs[i]?.id ?? ''}`, { token: jobs[i]?.token ?? '' });
  });
  await system.startWorker();
  for (const { id, token } of jobs.slice(0, done))
    await call('GET', `/v1/jobs/${id}/result?wait=60`, { token });
  const ends = await Promise.all(streams.map(({ ended }) => ended));
  const heard = ends.filter(({ event }, i) => event === (i < done ? 'purged' : 'cancelled')).length;
  const noticeMs = ends.slice(done).map(({ at }, i) => at - (cancelledAt[i + done] ?? NaN));
  show('waiters', {
    clients,
    heard,
    lost: clients - heard,
    rssMb: { idle: idleMb, submitted: submittedMb, waiting: waitingMb },
    kbPerWaiter: tenth(((waitingMb - submittedMb) * 1024) / clients),
    cancelToNoticeMs: { p50: tenth(percentile(noticeMs, 0.5)), p99: tenth(percentile(noticeMs, 0.99)) },
  });
} finally {
  agent.destroy();
  await system.stop();
}
