/** Tables of the matte benchmark. */
import type { MatteErrors } from './matte-errors.js';
import {
  mean,
  medianOf,
  ratios,
  riskCoverage,
  spearman,
  type Ratios,
  type RiskPoint,
} from './matte-statistics.js';

/** One case with one setting. */
export interface MatteResult extends MatteErrors {
  set: string;
  name: string;
  kind: string;
  share: number;
  ms: number;
  /** Runs of the network. */
  looks: number;
  confidence?: number | undefined;
}

const KEYS = ['sad', 'mse', 'gradient', 'connectivity', 'iou', 'ms', 'looks'] as const;
/** Errors of these are not visible in a mask (docs/benchmarks.md). */
const BLIND = 'translucent';
const BAD = 0.2;
const SHARES = [0, 0.2, 0.35, 0.6, 10] as const;
/** Decimals by key; others have four. */
const DECIMALS: Readonly<Record<string, number>> = { ms: 0, sad: 3, looks: 2 };

export const rounded = (value: number, key = ''): number => Number(value.toFixed(DECIMALS[key] ?? 4));

type Means = Record<(typeof KEYS)[number], number>;

export interface SettingSummary {
  cases: number;
  mean: Means;
  medianIou: number;
  worstIou: number;
  /** Cases with a soft IoU below 0.8. */
  bad: number;
  /** Mean soft IoU of each kind, and of each range of the subject's share of the height. */
  iouByKind: Record<string, number>;
  iouByShare: Record<string, number>;
  /** SAD relative to the first setting; time and looks likewise. */
  against?: { sad: Ratios; time: number };
  confidence?: ConfidenceSummary;
}

interface ConfidenceSummary {
  /** Rank correlation of -confidence with 1 - soft IoU, of all cases and of those that are not translucent. */
  spearman: number;
  spearmanSolid: number;
  riskCoverage: RiskPoint[];
}

/** @param results of all settings, cases in the same order; the first setting is the reference */
export function summaryOf(
  results: ReadonlyMap<string, readonly MatteResult[]>,
): Record<string, SettingSummary> {
  const [[first, reference] = ['', []]] = results;
  return Object.fromEntries(
    [...results].map(([name, own]) => [
      name,
      {
        ...summaryOfSetting(own),
        ...(name !== first && { against: comparison(own, reference) }),
        ...(own.every(({ confidence }) => confidence !== undefined) && {
          confidence: confidenceSummary(own),
        }),
      },
    ]),
  );
}

function summaryOfSetting(results: readonly MatteResult[]): SettingSummary {
  const ious = results.map(({ iou }) => iou);
  const means = KEYS.map((key) => [key, rounded(mean(results.map((result) => result[key])), key)]);
  return {
    cases: results.length,
    mean: Object.fromEntries(means) as Means,
    medianIou: rounded(medianOf(ious)),
    worstIou: rounded(Math.min(...ious)),
    bad: ious.filter((iou) => iou < 1 - BAD).length,
    iouByKind: grouped(results, ({ kind }) => kind),
    iouByShare: grouped(results, ({ share }) => {
      const at = SHARES.findLastIndex((limit) => share >= limit);
      return `${SHARES[at] ?? 0}-${Math.min(1, SHARES[at + 1] ?? 1)}`;
    }),
  };
}

function grouped(
  results: readonly MatteResult[],
  key: (result: MatteResult) => string,
): Record<string, number> {
  const groups = new Map<string, number[]>();
  for (const result of results) groups.set(key(result), [...(groups.get(key(result)) ?? []), result.iou]);
  return Object.fromEntries(
    [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, ious]) => [name, rounded(mean(ious))]),
  );
}

function comparison(
  own: readonly MatteResult[],
  reference: readonly MatteResult[],
): { sad: Ratios; time: number } {
  const sad = ratios(
    own.map((result) => result.sad),
    reference.map((result) => result.sad),
  );
  const times = (results: readonly MatteResult[]): number => mean(results.map(({ ms }) => ms));
  return {
    sad: Object.fromEntries(
      Object.entries(sad).map(([key, value]) => [key, rounded(value as number)]),
    ) as unknown as Ratios,
    time: rounded(times(own) / times(reference)),
  };
}

function confidenceSummary(results: readonly MatteResult[]): ConfidenceSummary {
  const solid = results.filter(({ kind }) => kind !== BLIND);
  const correlation = (some: readonly MatteResult[]): number =>
    rounded(
      spearman(
        some.map(({ confidence }) => -confidence!),
        some.map(({ iou }) => 1 - iou),
      ),
    );
  const curve = riskCoverage(
    solid.map(({ confidence }) => confidence!),
    solid.map(({ iou }) => 1 - iou),
  );
  const short = curve.map((point) =>
    Object.fromEntries(Object.entries(point).map(([key, value]) => [key, rounded(value as number)])),
  );
  return {
    spearman: correlation(results),
    spearmanSolid: correlation(solid),
    riskCoverage: short as unknown as RiskPoint[],
  };
}
