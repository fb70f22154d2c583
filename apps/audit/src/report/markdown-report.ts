import type { AuditReport } from './audit-report.js';
import type { Section } from './report-section.js';
import { sectionsOf, sentenceOf } from './report-sections.js';
import { bySeverity, factsOf, GLOSSARY, severityOf } from './report-words.js';

/** The report as Markdown. */
export function markdownOf(report: AuditReport): string {
  const parts = [
    '# Retention audit, Removebg BD',
    `**${sentenceOf(report)}**`,
    termsText(factsOf(report)),
    ...(report.findings.length === 0 ? [] : [findingsText(report)]),
    ...sectionsOf(report).map(sectionText),
    `## Terms\n\n${termsText(GLOSSARY)}`,
    `## What this audit cannot see\n\n${report.outOfSight.map((line) => `- ${line}`).join('\n')}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

function sectionText({ title, text, head, columns = [], rows }: Section): string {
  const line = (cells: string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const body = rows.map((row) => line(row.map((cell) => cell.text)));
  const terms = columns.length === 0 ? [] : ['', termsText(columns)];
  return [`## ${title}`, '', text, '', line(head), line(head.map(() => '---')), ...body, ...terms].join('\n');
}

const termsText = (terms: readonly (readonly [string, string])[]): string =>
  terms.map(([term, meaning]) => `- **${term}**: ${meaning}`).join('\n');

const findingsText = ({ findings }: AuditReport): string =>
  `## Findings\n\n${bySeverity(findings)
    .map((finding) => `- **${severityOf(finding)}** (${finding.channel}), ${finding.where}: ${finding.what}`)
    .join('\n')}`;
