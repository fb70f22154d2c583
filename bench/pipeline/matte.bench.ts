/**
 * Quality of cut-outs against known truth: the pipeline as the service runs it, on subjects of exact opacity that are
 * composed over photographs.
 *
 *   npm run bench -- matte [--set a,b] [--cases 40] [--efforts standard] [--models isnet,isnet-fp32]
 *     [--next isnet-fp32] [--refine edges,none] [--from FOLDER] [--cache FOLDER] [--sheets FOLDER]
 *     [--packages .cache/truth] [--json] [--save]
 *
 * Sets: any name draws its own seeds, so that `--set $(date +%s)` is a fresh one; `wide` has aspect ratios from 1:12 to
 * 12:1, `graphics` drawings and product shots on one color. `--from` reads what `npm run bench -- truth` has written.
 * Photographs come from Debian packages, whose absence leaves generated grounds and drawn subjects:
 *
 *   mkdir -p .cache/truth && cd .cache/truth
 *   apt-get download tuxpaint-stamps-default lomiri-wallpapers-16.04 lomiri-wallpapers-20.04 plasma-workspace-wallpapers
 *   for each in *.deb; do dpkg-deb -x $each .; done
 *
 * Every case runs with every setting before the next case, and settings are compared with the first one. Errors: SAD,
 * MSE, gradient and connectivity (Rhemann et al., CVPR 2009), soft IoU, time. `--next` is the model that efforts above
 * `standard` may ask as well. `--cache` keeps masks of the networks: the same picture is not inferred twice, and the
 * time of its first run counts. `--sheets` writes pictures to look at.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { cutOut, type CutoutJob, type Segmentation } from '#imaging/cutout-pipeline.js';
import { alphaOf } from '../lib/alpha-distance.js';
import { argument, list, show } from '../lib/figures.js';
import { casesOf, type MatteCase } from '../truth/matte-cases.js';
import { matteErrors } from '../truth/matte-errors.js';
import { loadNetwork, settingsOf, type MeasuredNetwork, type Setting } from '../truth/matte-settings.js';
import { MatteSheets, type ShownResult } from '../truth/matte-sheets.js';
import { rounded, summaryOf, type MatteResult } from '../truth/matte-summary.js';

const LIMITS = { maxPixels: 200_000_000, maxProgressivePixels: 200_000_000, maxSidePixels: 20_000 };
const CASES_FILE = 'bench/results/matte.cases.json';

const models = list('models', 'isnet,isnet-fp32');
const efforts = list('efforts', 'standard');
const settings = settingsOf(models, list('refine', 'edges,none'), efforts);
const next = efforts.some((effort) => effort !== 'standard') ? argument('next', 'isnet-fp32') : undefined;
const [from, cache, sheetsFolder] = [argument('from', ''), argument('cache', ''), argument('sheets', '')];
const sheets = sheetsFolder === '' ? undefined : new MatteSheets(sheetsFolder);
const source = {
  sets: list('set', 'a,b'),
  count: Number(argument('cases', '40')),
  packages: argument('packages', '.cache/truth'),
  from: from === '' ? undefined : from,
};

const networks = new Map<string, MeasuredNetwork>();
for (const model of new Set([...models, ...(next === undefined ? [] : [next])]))
  networks.set(model, await loadNetwork(model, availableParallelism(), cache === '' ? undefined : cache));
const results = new Map<string, MatteResult[]>(settings.map(({ name }) => [name, []]));
for await (const each of casesOf(source)) await measure(each);
await sheets?.finish();
for (const network of networks.values()) await network.release();
if (process.argv.includes('--save')) writeFileSync(CASES_FILE, casesText());
show('matte', { sets: source.sets, settings: summaryOf(results) });

/** One case with every setting. */
async function measure(each: MatteCase): Promise<void> {
  const shown: ShownResult[] = [];
  for (const setting of settings) {
    const { result, data, alpha } = await cutWith(each, setting);
    results.get(setting.name)!.push(result);
    shown.push({
      name: setting.name,
      data,
      alpha,
      note: `SAD ${result.sad.toFixed(2)} IoU ${result.iou.toFixed(3)}`,
    });
  }
  const line = settings.map(({ name }) => results.get(name)!.at(-1)!.iou.toFixed(3)).join(' ');
  process.stderr.write(`${each.set} ${each.name} ${each.kind} ${each.share.toFixed(2)}: ${line}\n`);
  await sheets?.add(each, shown);
}

async function cutWith(
  each: MatteCase,
  { model, options }: Setting,
): Promise<{ result: MatteResult; data: Buffer; alpha: Uint8Array }> {
  const job: CutoutJob & { next?: Segmentation | undefined } = {
    // Metadata is removed in place.
    image: Buffer.from(each.image),
    options,
    limits: LIMITS,
    network: networks.get(model)!.segmentation,
    next: networks.get(next ?? '')?.segmentation,
    onStage: () => undefined,
  };
  takeRuns();
  const startedAt = performance.now();
  const cutout = await cutOut(job);
  const wallMs = performance.now() - startedAt;
  const { runs, ms, spentMs } = takeRuns();
  const alpha = await alphaOf(cutout.data);
  const { set, name, kind, share } = each;
  const { confidence } = cutout as { confidence?: number };
  const errors = matteErrors(alpha, each.alpha, each);
  const result = { set, name, kind, share, ...errors, ms: wallMs - spentMs + ms, looks: runs, confidence };
  return { result, data: cutout.data, alpha };
}

/** Runs of all networks since the last call. */
function takeRuns(): ReturnType<MeasuredNetwork['take']> {
  const taken = [...networks.values()].map((network) => network.take());
  const sum = (key: 'runs' | 'ms' | 'spentMs'): number => taken.reduce((total, each) => total + each[key], 0);
  return { runs: sum('runs'), ms: sum('ms'), spentMs: sum('spentMs') };
}

/** Every case on a line of its own. */
function casesText(): string {
  const rows = settings.flatMap(({ name: setting }) =>
    results.get(setting)!.map(({ set, name, kind, ...figures }) => {
      const short = Object.entries(figures).map(([key, value]) => [
        key,
        value === undefined ? value : rounded(value, key),
      ]);
      return JSON.stringify({ setting, set, name, kind, ...Object.fromEntries(short) });
    }),
  );
  return `[\n${rows.join(',\n')}\n]\n`;
}
