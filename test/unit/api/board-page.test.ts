import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { Problem } from '#contracts/problem-catalog.js';
import { MetricRegistry } from '#telemetry/metric-registry.js';
import { sumOf } from '#telemetry/metric-quantile.js';
import { sendProblem } from '../../../apps/api/src/http/problem-responses.js';
import { countRequests } from '../../../apps/api/src/observability/api-telemetry.js';
import { courseCharts, roundTop, boardPage } from '../../../apps/api/src/observability/board-page.js';
import type { BoardPoint, BoardView } from '../../../apps/api/src/observability/board-sampler.js';

const NOW = 1_795_000_000_000;
const point = (secondsAgo: number, waiting: number, perMinute = 0): BoardPoint => ({
  ...{ atMs: NOW - 1000 * secondsAgo, waiting, running: 0, perMinute },
});
const viewOf = (course: BoardPoint[]): BoardView => ({
  ...{
    atMs: NOW,
    standing: undefined,
    workers: [],
    minWorkers: 1,
    tenants: [],
    perMinute: 0,
    waiters: 0,
    refusals: [],
  },
  ...{ timeToDeleteS: undefined, turnaroundS: undefined, course },
});
/** The points of a line, in units of the chart: 600 wide, 100 high. */
const lineOf = (html: string, name: string): [number, number][] =>
  [
    ...(new RegExp(`class="${name}" d="([^"]*)"`).exec(html)?.[1] ?? '').matchAll(/[ML]([\d.]+) ([\d.]+)/g),
  ].map(([, x, y]) => [Number(x), Number(y)]);

test('given two samples five seconds apart, when they are drawn, then the axis shows five seconds between them', () => {
  const html = courseCharts(viewOf([point(5, 0), point(0, 4)]));
  expect(lineOf(html, 'waiting')).toEqual([
    [590, 100],
    [600, 0],
  ]);
  for (const text of ['−5 min', '−1 min', 'now', '>4<', '>0<', 'Waiting: <b>4</b>'])
    expect(html).toContain(text);
});

test('given five minutes of samples, when they are drawn, then they fill the axis', () => {
  const course = Array.from({ length: 61 }, (_, i) => point(300 - 5 * i, i, i / 7));
  const html = courseCharts(viewOf(course));
  for (const name of ['waiting', 'done']) {
    const line = lineOf(html, name);
    expect([line[0]?.[0], line.at(-1)?.[0]]).toEqual([0, 600]);
    for (const [, y] of line) expect(y >= 0 && y <= 100).toBe(true);
  }
});

test('given no sample or one, when the board is drawn, then it shows a note or a dot, and has no script', () => {
  expect(courseCharts(viewOf([]))).toContain('first measurement');
  const one = boardPage(viewOf([point(1, 3)]));
  expect(one).toMatch(/class="waiting" d="M598\.0 [\d.]+h0"/);
  expect(one).not.toMatch(/<script|style="/);
});

test('given no worker, when the board is drawn, then it is an alarm unless an image starts one', () => {
  expect(boardPage(viewOf([]))).toContain('<p class="alarm">No worker is running.</p>');
  expect(boardPage({ ...viewOf([]), minWorkers: 0 })).toContain(
    '<p>No worker is running. An image starts one.</p>',
  );
});

test.each([
  [0, 2],
  [1, 2],
  [2, 2],
  [3, 4],
  [5, 10],
  [10, 10],
  [11, 20],
  [99, 100],
  [4001, 10_000],
])('given a largest value of %d, when the axis is scaled, then it ends at %d', (max, top) => {
  expect(roundTop(max)).toBe(top);
});

test('given a service that is not ready, when a probe and a client send a request, then only the refusal of the client is counted', async () => {
  const metrics = new MetricRegistry('api');
  const server = fastify();
  countRequests(server, metrics);
  const refuse = (_: unknown, reply: Parameters<typeof sendProblem>[0]): void =>
    sendProblem(reply, new Problem('not-ready'));
  server.get('/readyz', { config: { isProbe: true } }, refuse);
  server.get('/v1/models', refuse);
  await server.listen();
  const { port } = server.server.address() as AddressInfo;
  for (const path of ['/readyz', '/readyz', '/v1/models'])
    expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(503);
  await server.close();
  expect(sumOf('removebg_refusals_total', metrics.numbers(), 'not-ready')).toBe(1);
});
