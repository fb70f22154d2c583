/** Points of one line, or of single marks; x in seconds. */
export interface Series {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
  /** Marks instead of a line. */
  marks?: true;
}

/** One diagram over time. */
export interface Panel {
  title: string;
  unit: string;
  series: readonly Series[];
}

/** A named period of time. */
export interface Phase {
  name: string;
  fromS: number;
  toS: number;
}

const WIDTH = 920;
const PANEL_HEIGHT = 190;
const LEFT = 64;
const RIGHT = 150;
const TOP = 54;
const PLOT_HEIGHT = 128;
const PLOT_WIDTH = WIDTH - LEFT - RIGHT;
/** Approximate width of a small character. */
const CHARACTER_WIDTH = 5.5;
/** Line colors on white and on black. Names are beside the lines, so that color alone carries no information. */
const LIGHT = ['#0b62a8', '#b3470c', '#20754b', '#8a3a8f', '#6b6410', '#a02334'];
const DARK = ['#6cb4f2', '#f0a06c', '#6fd09c', '#d89be0', '#d6cb62', '#f28b98'];
const COLORS = LIGHT.length;

const colorsOf = (colors: readonly string[]): string =>
  colors
    .map((color, i) => `.line.s${i} { stroke: ${color} } .mark.s${i}, .name.s${i} { fill: ${color} }`)
    .join('\n');

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #333f4a } .title { font-weight: 600; font-size: 14px }
  .small { font-size: 11px } .page { fill: #ffffff } .grid { stroke: #dfe4e8 } .phase { fill: #eef3f7 }
  .line { fill: none; stroke-width: 1.6 } .mark { fill-opacity: .65 }
  ${colorsOf(LIGHT)}
  @media (prefers-color-scheme: dark) {
    text { fill: #b9c4ce } .page { fill: #12181e } .grid { stroke: #2b353f } .phase { fill: #1b242c }
    ${colorsOf(DARK)}
  }`;

/** Diagrams one below the other over the same time, as an SVG file. */
export function chartOf(title: string, panels: readonly Panel[], phases: readonly Phase[]): string {
  const lastS = Math.max(
    1,
    ...panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(([x]) => x))),
  );
  const height = TOP + panels.length * PANEL_HEIGHT;
  const x = (s: number): number => LEFT + (s / lastS) * PLOT_WIDTH;
  const body = panels.map((panel, i) => panelOf(panel, { top: TOP + i * PANEL_HEIGHT, x, lastS, phases }));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}</style>`,
    `<rect class="page" width="${WIDTH}" height="${height}"/>`,
    text(LEFT, 26, title, { classes: 'title' }),
    ...body,
    '</svg>\n',
  ].join('\n');
}

interface Frame {
  top: number;
  x: (s: number) => number;
  lastS: number;
  phases: readonly Phase[];
}

function panelOf({ title, unit, series }: Panel, { top, x, lastS, phases }: Frame): string {
  const max = niceAbove(Math.max(...series.flatMap(({ points }) => points.map(([, value]) => value)), 0));
  const bottom = top + 22 + PLOT_HEIGHT;
  const y = (value: number): number => bottom - (value / max) * PLOT_HEIGHT;
  const shades = phases.map(({ name, fromS, toS }, i) => {
    const shade =
      i % 2 === 0
        ? `<rect class="phase" x="${r(x(fromS))}" y="${top + 22}" width="${r(x(toS) - x(fromS))}" height="${PLOT_HEIGHT}"/>`
        : '';
    // A name that does not fit into its phase would overlap the next one.
    const fits = x(toS) - x(fromS) > name.length * CHARACTER_WIDTH;
    return fits ? shade + text(r(x(fromS) + 4), top + 34, name, { classes: 'small' }) : shade;
  });
  const rows = [0, 0.5, 1].map((share) => {
    const at = r(y(share * max));
    return `<line class="grid" x1="${LEFT}" x2="${LEFT + PLOT_WIDTH}" y1="${at}" y2="${at}"/>${text(LEFT - 6, at + 4, label(share * max), { classes: 'small', anchor: 'end' })}`;
  });
  const times = [0, 0.25, 0.5, 0.75, 1].map((share) =>
    text(r(x(share * lastS)), bottom + 15, `${Math.round(share * lastS)} s`, {
      classes: 'small',
      // The last one must not overlap the names of the lines.
      anchor: share === 1 ? 'end' : 'middle',
    }),
  );
  const lines = series.map((one, i) => seriesOf(one, { index: i, x, y }));
  return [
    text(LEFT, top + 12, `${title}, ${unit}`),
    ...shades,
    ...rows,
    ...times,
    ...lines,
    ...namesOf(series, y),
  ].join('\n');
}

function seriesOf(
  { points, marks }: Series,
  { index, x, y }: { index: number; x: (s: number) => number; y: (value: number) => number },
): string {
  const at = points.map(([s, value]) => [r(x(s)), r(y(value))] as const);
  const color = `s${index % COLORS}`;
  if (marks === true)
    return at.map(([cx, cy]) => `<circle class="mark ${color}" cx="${cx}" cy="${cy}" r="2"/>`).join('');
  return `<polyline class="line ${color}" points="${at.map(([px, py]) => `${px},${py}`).join(' ')}"/>`;
}

/** Names at the ends of their lines, apart from each other. */
function namesOf(series: readonly Series[], y: (value: number) => number): string[] {
  const wanted = series
    .map(({ name, points }, i) => ({ name, i, at: y(points.at(-1)?.[1] ?? 0) }))
    .sort((a, b) => a.at - b.at);
  let last = -Infinity;
  return wanted.map(({ name, i, at }) => {
    last = Math.max(at, last + 14);
    return text(LEFT + PLOT_WIDTH + 8, r(last + 4), name, { classes: `small name s${i % COLORS}` });
  });
}

function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return ([1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10) * power;
}

const label = (value: number): string =>
  value >= 1000 ? value.toLocaleString('en') : String(Math.round(value * 10) / 10);
const r = (value: number): number => Math.round(value * 10) / 10;
const text = (
  x: number,
  y: number,
  content: string,
  look: { classes?: string; anchor?: string } = {},
): string =>
  `<text x="${x}" y="${y}" class="${look.classes ?? ''}" text-anchor="${look.anchor ?? 'start'}">${escaped(content)}</text>`;
const escaped = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
