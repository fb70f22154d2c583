import type { AuditReport } from './audit-report.js';
import type { Section } from './report-section.js';
import { sectionsOf, sentenceOf } from './report-sections.js';

const MAX_WIDTH = 62;
const MAX_FINDINGS = 12;

/** The report as it is printed at the end of a run. */
export function tableOf(report: AuditReport): string {
  const seconds = Math.round(report.tookMs / 1000);
  const lines = [
    '',
    `Removebg BD retention audit · ${report.startedAt.slice(0, 16).replace('T', ' ')} UTC · ${report.system} system · ${seconds} s`,
    ...sectionsOf(report).flatMap((section) => ['', section.title, ...table(section)]),
  ];
  const other = report.findings.filter(({ channel }) => channel !== 'memory');
  const texts = other.map(({ channel, where, what }) => `  ${channel}: ${where}: ${what}`);
  if (texts.length > 0) {
    lines.push('', 'Other findings', ...texts.slice(0, MAX_FINDINGS));
    if (texts.length > MAX_FINDINGS) lines.push(`  … and ${texts.length - MAX_FINDINGS} more: see --report`);
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
  text.length <= MAX_WIDTH ? text : `${text.slice(0, MAX_WIDTH - 1)}…`;
