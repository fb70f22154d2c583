import type { CapacityPlan } from './capacity-plan.js';

/** A quantity to three digits. */
const short = (value: number): string => {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value >= 10 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(2);
};

const HEAD = ['images/s', 'APIs', 'shards', 'workers', 'accelerators', 'cores', 'Redis GB', 'workers GB'];
const MORE = [
  'in / out Gbit/s',
  'a shard, each way',
  'control Redis',
  'p50 / p99 s',
  'an hour',
  '1,000 images',
];

/** Plans as the rows of a Markdown table. */
export function planTable(plans: readonly CapacityPlan[]): string {
  const rows = plans.map((plan) => [
    ...[plan.imagesPerSecond, plan.apis, plan.shards, plan.workers, plan.accelerators, plan.cores].map((n) =>
      n.toLocaleString('en'),
    ),
    ...[plan.redisGb, plan.workersGb].map(short),
    `${short(plan.edgeGbit.in)} / ${short(plan.edgeGbit.out)}`,
    short(plan.shardGbit),
    `${Math.round(plan.controlLoad * 100)} %`,
    `${short(plan.simulatedS.p50)} / ${short(plan.simulatedS.p99)}`,
    ...[plan.costPerHour, plan.costPerThousand].map(short),
  ]);
  const all = [[...HEAD, ...MORE], ...rows];
  const widths = all[0]!.map((_, at) => Math.max(...all.map((row) => row[at]!.length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(all[0]!), rule, ...all.slice(1).map(line)].join('\n');
}
