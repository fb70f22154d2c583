/** One line of Prometheus' text format. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** What an exposition says; a parser of its own, so that what is exposed is held to the format and not to our code. */
export interface Exposition {
  samples: Sample[];
  types: Map<string, string>;
  helps: Map<string, string>;
}

const LINE = /^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (\S+)$/i;
const LABEL = /([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/gi;

/** Reads the text. @throws Error at the first line that is not in the format, or out of its group */
export function parseMetrics(text: string): Exposition {
  const found: Exposition = { samples: [], types: new Map(), helps: new Map() };
  let group = '';
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  for (const line of text.trimEnd().split('\n')) {
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (word === undefined) found.samples.push(sampleOf(line, group));
    else if (word === 'HELP') found.helps.set(name, rest);
    else if (found.types.has(name)) throw new Error(`two groups of ${name}`);
    else found.types.set((group = name), rest);
  }
  return found;
}

function sampleOf(line: string, group: string): Sample {
  const [, name = '', labels = '', text = ''] = LINE.exec(line) ?? [];
  const isOwn = name === group || name.replace(/_(bucket|sum|count)$/, '') === group;
  const value = Number(text);
  if (!isOwn || Number.isNaN(value)) throw new Error(`not in the format: ${line}`);
  const pairs = [...labels.matchAll(LABEL)].map(([, key = '', quoted = '']) => [key, quoted] as const);
  return { name, value, labels: Object.fromEntries(pairs) };
}

/** Asks a running API for its metrics. */
export async function metricsOf(adminUrl: string, path = '/metrics'): Promise<Exposition> {
  return parseMetrics(await (await fetch(`${adminUrl}${path}`)).text());
}

/** Sum of the samples of a name that have these labels. */
export const sumOfSamples = (
  { samples }: Exposition,
  name: string,
  labels: Record<string, string> = {},
): number =>
  samples
    .filter(
      (sample) => sample.name === name && Object.entries(labels).every(([k, v]) => sample.labels[k] === v),
    )
    .reduce((sum, { value }) => sum + value, 0);
