import type { BoardPoint, BoardView } from './board-view.js';
import { countText, rateText } from './board-words.js';

/** What the charts show, up to now. */
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
  { title: 'Images finished a minute', name: 'done', valueOf: ({ perMinute }) => perMinute, text: rateText },
];

/** The last five minutes, one chart for each quantity, on one scale of time: what was not measured stays empty. */
export function courseCharts({ course, atMs }: BoardView): string {
  const title = '<h2>Last five minutes</h2>';
  if (course.length === 0)
    return `<section>${title}<p class="none">The first measurement comes in a few seconds.</p></section>`;
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
  const label = `${title} over the last five minutes: now ${now}, the axis ends at ${text(top)}`;
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
