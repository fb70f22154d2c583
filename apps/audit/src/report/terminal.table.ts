import type { AuditReport } from './audit.report.js';
import { detailsOf, sectionsOf, sentenceOf, type Section } from './report.sections.js';

const MOST_WIDTH = 62;
const MOST_FINDINGS = 12;

/** The report as it is printed at the end of a run. */
export function tableOf(report: AuditReport): string {
  const seconds = Math.round(report.tookMs / 1000);
  const lines = [
    '',
    `Removebg BD retention audit · ${report.startedAt.slice(0, 16).replace('T', ' ')} UTC · ${report.system} system · ${seconds} s`,
    ...sectionsOf(report).flatMap((section) => ['', section.title, ...table(section)]),
  ];
  const details = detailsOf(report).map(({ where, what }) => `  ${where}\n      ${what}`);
  const other = report.findings.filter(({ channel }) => channel !== 'memory');
  const rest = other.map(({ channel, where, what }) => `  ${channel}: ${where}: ${what}`);
  for (const [title, found] of [
    ['Seen in memory', details],
    ['Other findings', rest],
  ] as const) {
    if (found.length === 0) continue;
    lines.push('', title, ...found.slice(0, MOST_FINDINGS));
    if (found.length > MOST_FINDINGS)
      lines.push(`  … and ${found.length - MOST_FINDINGS} more: see --report`);
  }
  return [...lines, '', sentenceOf(report)].join('\n');
}

function table({ head, rows }: Section): string[] {
  const texts = [head, ...rows.map((row) => row.map(({ text }) => shortened(text)))];
  const widths = head.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]): string =>
    `  ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd();
  const rule = `  ${widths.map((width) => '─'.repeat(width)).join('  ')}`;
  return [line(texts[0] ?? []), rule, ...texts.slice(1).map(line)];
}

const shortened = (text: string): string =>
  text.length <= MOST_WIDTH ? text : `${text.slice(0, MOST_WIDTH - 1)}…`;
