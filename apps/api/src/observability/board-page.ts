import { createHash } from 'node:crypto';
import type { BoardView, BoardPoint } from './board-sampler.js';
import { upperBoundText, bytesText, countText, noWorkerText, rateText } from './board-text.js';

/** Style of the queue board, in the colors of the page (apps/web): one column on a phone, no image, no font, no script. */
const BOARD_STYLE = `
:root { color-scheme: light dark; --ink: #0e211b; --soft: #47594f; --page: #f2f6f4; --card: #fff; --rule: #cfdad5;
  --mark: #006a4e; --run: #7a4b00; --bad: #b5122f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5efea; --soft: #9fb5ab; --page: #0a1210; --card: #121c18;
  --rule: #283832; --mark: #4fcaa2; --run: #f0c274; --bad: #ff8b98; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 1.25rem clamp(1rem, 4vw, 2.5rem) 3rem; background: var(--page); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 68rem; margin: 0 auto; display: grid; gap: 1.25rem; }
main > * { min-width: 0; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem; }
h1 { font-size: 1.5rem; letter-spacing: -.02em; margin: 0; }
header p { margin: 0; color: var(--soft); }
h2 { font-size: .8rem; font-weight: 600; color: var(--soft); margin: 0 0 .6rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(10.5rem, 44%), 1fr)); gap: .75rem; margin: 0; }
.tiles div, section { background: var(--card); border: 1px solid var(--rule); border-radius: 18px; padding: 1rem 1.2rem; }
dt { font-size: .8rem; color: var(--soft); }
dd { margin: .1rem 0 0; font-size: 1.5rem; font-weight: 600; line-height: 1.2; white-space: nowrap; }
dd small { display: block; font-size: .8rem; font-weight: 400; color: var(--soft); }
meter { width: 100%; height: .5rem; margin-top: .4rem; }
svg { display: block; width: 100%; height: 7rem; overflow: visible; }
svg path { fill: none; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
svg .grid { stroke: var(--rule); stroke-width: 1; }
.waiting { stroke: var(--run); } .done { stroke: var(--mark); }
.charts { display: grid; gap: 1rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); }
figure { margin: 0; min-width: 0; }
figcaption { margin-bottom: .5rem; color: var(--soft); }
figcaption b { color: var(--ink); }
.plot { display: grid; grid-template-columns: 2.6rem minmax(0, 1fr); gap: .4rem .6rem; font-size: .75rem; color: var(--soft); }
.y { display: flex; flex-direction: column; justify-content: space-between; text-align: right; margin: -.6em 0; }
.x { grid-column: 2; display: flex; justify-content: space-between; white-space: nowrap; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; white-space: nowrap; }
th { text-align: left; font-weight: 500; font-size: .8rem; color: var(--soft); }
th, td { padding: .3rem 1rem .3rem 0; border-bottom: 1px solid var(--rule); }
tr:last-child td { border-bottom: 0; }
.n { text-align: right; }
code { font: inherit; font-family: ui-monospace, monospace; font-size: .9em; }
.alarm { color: var(--bad); font-weight: 600; }
p.none { margin: 0; color: var(--soft); }
`;

/** Time range of the charts. */
const SPAN_MINUTES = 5;
const SPAN_MS = SPAN_MINUTES * 60_000;
const WIDTH = 600;
const HEIGHT = 100;

/** One line over time. */
interface Series {
  title: string;
  name: 'waiting' | 'done';
  valueOf: (point: BoardPoint) => number;
  text: (value: number) => string;
}

const SERIES: readonly Series[] = [
  { title: 'Waiting', name: 'waiting', valueOf: ({ waiting }) => waiting, text: countText },
  { title: 'Images per minute', name: 'done', valueOf: ({ perMinute }) => perMinute, text: rateText },
];

/** The last five minutes, one chart per quantity. Times without a sample stay empty. */
export function courseCharts({ course, atMs }: BoardView): string {
  const title = '<h2>Last five minutes</h2>';
  if (course.length === 0)
    return `<section>${title}<p class="none">The first measurement will appear in a few seconds.</p></section>`;
  return `<section>${title}<div class="charts">${SERIES.map((series) => chart(series, course, atMs)).join('')}</div></section>`;
}

function chart({ title, name, valueOf, text }: Series, course: readonly BoardPoint[], nowMs: number): string {
  const top = roundTop(Math.max(...course.map(valueOf)));
  const last = course.at(-1);
  const now = last === undefined ? '' : text(valueOf(last));
  const line = course
    .map((point, i) => `${i === 0 ? 'M' : 'L'}${xOf(point.atMs, nowMs)} ${yOf(valueOf(point), top)}`)
    .join('');
  // A single point is a line without a length: round ends make it a dot.
  const path = course.length === 1 ? `${line}h0` : line;
  const label = `${title} over the last five minutes: now ${now}, scale up to ${text(top)}`;
  return `<figure><figcaption>${title}: <b>${now}</b></figcaption><div class="plot"><div class="y"><span>${text(top)}</span><span>${text(top / 2)}</span><span>0</span></div><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label}"><path class="grid" d="${grid()}"/><path class="${name}" d="${path}"/></svg><div class="x">${minutes()}</div></div></figure>`;
}

const xOf = (atMs: number, nowMs: number): string =>
  (WIDTH * Math.max(0, 1 - (nowMs - atMs) / SPAN_MS)).toFixed(1);
const yOf = (value: number, top: number): string => (HEIGHT * (1 - value / top)).toFixed(1);

/** Lines at each minute, at the top, in the middle and at 0. */
const grid = (): string =>
  [
    ...Array.from({ length: SPAN_MINUTES + 1 }, (_, i) => `M${(WIDTH * i) / SPAN_MINUTES} 0V${HEIGHT}`),
    ...[0, HEIGHT / 2, HEIGHT].map((y) => `M0 ${y}H${WIDTH}`),
  ].join('');

const minutes = (): string =>
  Array.from({ length: SPAN_MINUTES + 1 }, (_, i) =>
    i === SPAN_MINUTES ? '<span>now</span>' : `<span>−${SPAN_MINUTES - i} min</span>`,
  ).join('');

/** The end of an axis that reaches `max`: 2, 4 or 10 times a power of ten. */
export function roundTop(max: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, max)));
  return [1, 2, 4, 10].map((step) => step * power).find((top) => top >= Math.max(2, max)) ?? 10 * power;
}

const REFRESH_S = 3;

/** Allows this style only: no script, no other resource, no frame (Content Security Policy 3). */
export const BOARD_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(BOARD_STYLE).digest('base64')}'`,
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
].join('; ');

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const tile = (name: string, value: string, more = ''): string =>
  `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}${more}</dd></div>`;

/** A table. The first `words` columns are text, the others numbers. */
function table(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  words: number,
): string {
  const cell =
    (tag: 'th' | 'td') =>
    (text: string, at: number): string =>
      `<${tag}${at < words ? '' : ' class="n"'}>${escaped(text)}</${tag}>`;
  const line = (cells: readonly string[], tag: 'th' | 'td'): string =>
    `<tr>${cells.map(cell(tag)).join('')}</tr>`;
  const body = rows.map((row) => line(row, 'td')).join('');
  return `<section><h2>${escaped(title)}</h2><div class="scroll"><table><thead>${line(head, 'th')}</thead><tbody>${body}</tbody></table></div></section>`;
}

function tiles({ standing, perMinute, timeToDeleteS, turnaroundS, waiters }: BoardView): string {
  if (standing === undefined) {
    return '<section><p class="alarm">Redis is unreachable. The state of the queue is unknown.</p></section>';
  }
  const share = standing.inFlightBytes / standing.capacityBytes;
  const meter = `<meter value="${share.toFixed(3)}" high="0.8" optimum="0">${Math.round(share * 100)} %</meter>`;
  return `<dl class="tiles">${[
    tile('Waiting', countText(standing.waiting)),
    tile('Running', countText(standing.running)),
    tile('In flight', countText(standing.inFlight)),
    tile('Images per minute', rateText(perMinute)),
    tile(
      'Memory reserved',
      bytesText(standing.inFlightBytes),
      `<small>of ${bytesText(standing.capacityBytes)}</small>${meter}`,
    ),
    tile('Time to delete, p99', upperBoundText(timeToDeleteS), '<small>since start</small>'),
    tile('Turnaround, p99', upperBoundText(turnaroundS), '<small>accepted to ready</small>'),
    tile('Purge lag', `${(standing.purgeLagMs / 1000).toFixed(1)} s`),
    tile('Clients waiting on this API', countText(waiters)),
  ].join('')}</dl>`;
}

function workersTable({ workers, minWorkers }: BoardView): string {
  if (workers.length === 0) {
    const tone = minWorkers === 0 ? '' : ' class="alarm"';
    return `<section><h2>Workers</h2><p${tone}>${noWorkerText(minWorkers)}</p></section>`;
  }
  const head = [
    'worker',
    'provider',
    'model',
    'slots',
    'done',
    'failed',
    'per minute',
    'engine restarts',
    'engine memory',
    'worker memory',
  ];
  const rows = workers.map((worker) => [
    ...[worker.name, worker.provider, worker.model],
    ...[worker.slots, worker.done, worker.failed].map(countText),
    rateText(worker.perMinute),
    countText(worker.engineRestarts),
    ...[worker.engineBytes, worker.workerBytes].map(bytesText),
  ]);
  return table('Workers', head, rows, 3);
}

/** The queue board as a page that reloads every few seconds. The view contains no payload. */
export function boardPage(view: BoardView): string {
  const { tenants, refusals } = view;
  const clients = tenants.map(({ id, inFlight, waiting, bytes }) => [
    id,
    ...[inFlight, waiting].map(countText),
    bytesText(bytes),
  ]);
  const refused = refusals.map(({ code, times }) => [code, countText(times)]);
  const time = `${new Date(view.atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="refresh" content="${REFRESH_S}"><title>Queue board</title><style>${BOARD_STYLE}</style></head><body><main><header><h1>Queue board</h1><p>${time}</p></header>${[
    tiles(view),
    courseCharts(view),
    workersTable(view),
    clients.length === 0
      ? ''
      : table('Clients (keyed hashes)', ['client', 'in flight', 'waiting', 'memory'], clients, 1),
    refused.length === 0
      ? ''
      : table('Requests refused by this API since its start', ['code', 'count'], refused, 1),
  ].join('')}</main></body></html>`;
}
