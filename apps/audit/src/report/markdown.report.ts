import type { AuditReport } from './audit.report.js';
import type { Section } from './report.section.js';
import { sectionsOf, sentenceOf } from './report.sections.js';

/** The report as Markdown. */
export function markdownOf(report: AuditReport): string {
  const { startedAt, tookMs, url, host, system } = report;
  const parts = [
    '# Retention audit, Removebg BD',
    `**${sentenceOf(report)}**`,
    `${startedAt}, ${Math.round(tookMs / 1000)} s, ${system} system at ${url}, Linux ${host.kernel}, ${host.cores} cores`,
    ...sectionsOf(report).map(sectionText),
    ...(report.findings.length === 0 ? [] : [findingsText(report)]),
    `## Outside the sight of this audit\n\n${report.outOfSight.map((line) => `- ${line}`).join('\n')}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

function sectionText({ title, text, head, rows }: Section): string {
  const line = (cells: string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const body = rows.map((row) => line(row.map((cell) => cell.text)));
  return [`## ${title}`, '', text, '', line(head), line(head.map(() => '---')), ...body].join('\n');
}

const findingsText = ({ findings }: AuditReport): string =>
  `## Findings\n\n${findings.map(({ channel, where, what }) => `- **${channel}**, ${where}: ${what}`).join('\n')}`;
