import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { whileHeld } from '../harness/engine-hold.js';
import { eventually } from '../harness/eventually.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useLightSystem } from '../harness/use-system.js';

/** All that the board may say, by name. */
const SHOWN = [
  ...[
    'atMs',
    'standing',
    'workers',
    'minWorkers',
    'tenants',
    'perMinute',
    'timeToDeleteS',
    'turnaroundS',
    'waiters',
  ],
  ...['refusals', 'course', 'waiting', 'running', 'inFlight', 'inFlightBytes', 'capacityBytes', 'purgeLagMs'],
  ...[
    'serviceMs',
    'redisUsedBytes',
    'name',
    'provider',
    'model',
    'slots',
    'done',
    'failed',
    'engineRestarts',
  ],
  ...['workerBytes', 'engineBytes', 'id', 'bytes', 'code', 'times'],
];

const { system, api } = useLightSystem({ METRICS_PORT: '0' });
let admin: string;

jest.setTimeout(120_000);
beforeAll(() => {
  admin = system.apis[0]!.adminUrl;
});

const keysIn = (value: unknown): string[] =>
  typeof value !== 'object' || value === null
    ? []
    : Array.isArray(value)
      ? value.flatMap(keysIn)
      : Object.entries(value).flatMap(([key, inner]) => [key, ...keysIn(inner)]);

const page = async (path: string): Promise<string> => (await fetch(`${admin}${path}`)).text();

test('given jobs that wait and run, when the board is looked at, then it counts them and names none', async () => {
  const photo = smallPhoto();
  await whileHeld(system.workers[0]!, async () => {
    const jobs = [
      await api.submit(photo),
      await api.submit(photo),
      await api.submit(photo),
      await api.submit(photo),
    ];
    await api.post('no image');
    await eventually(async () => {
      const { standing } = JSON.parse(await page('/board.json')) as {
        standing: { waiting: number; running: number };
      };
      return standing.waiting === 2 && standing.running === 2;
    });
    const json = await page('/board.json');
    const view = JSON.parse(json) as { tenants: { id: string }[]; refusals: unknown };
    expect([...new Set(keysIn(view))].filter((key) => !SHOWN.includes(key))).toEqual([]);
    expect(view.tenants).toMatchObject([{ inFlight: 4, waiting: 2 }]);
    expect(view.tenants[0]?.id).toMatch(/^[\w-]{8}$/);
    expect(view.refusals).toEqual([{ code: 'image-type-unsupported', times: 1 }]);
    const all = [json, await page('/board'), await page('/board.txt')].join('\n');
    for (const { id, token } of jobs) for (const secret of [id, token]) expect(all).not.toContain(secret);
    expect(all).not.toContain('127.0.0.1');
    for (const job of jobs) await api.cancel(job);
  });
});

test('given the page, when a browser gets it, then nothing can run in it and nothing can be fetched', async () => {
  const { headers } = await fetch(`${admin}/board`);
  expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(await page('/board')).not.toMatch(/<script|<img|src=|href=/);
});

test('given the command, when the port is named, then it shows the board, and otherwise says what is missing', async () => {
  const run = (METRICS_PORT: string) =>
    promisify(execFile)(process.execPath, ['tools/bootstrap.mjs', 'board'], {
      env: { ...process.env, METRICS_PORT },
    });
  const { stdout } = await run(new URL(admin).port);
  expect(stdout).toMatch(/waiting +running +in flight[^]*worker +provider +model/);
  await expect(run('')).rejects.toThrow('METRICS_PORT');
});
