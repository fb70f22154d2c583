import type { AuditFinding, AuditReport } from './audit-report.js';
import { REPORT_STYLE } from './report-style.js';
import type { Section } from './report-section.js';
import { sectionsOf, sentenceOf } from './report-sections.js';
import { bySeverity, factsOf, GLOSSARY, SEVERITIES, severityOf } from './report-words.js';
import type { Cell } from './table-cell.js';

/** The report as one self-contained HTML page. */
export function htmlOf(report: AuditReport): string {
  const { verdict, findings, outOfSight } = report;
  const facts = factsOf(report);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Retention audit: ${verdict}</title>
<style>${REPORT_STYLE}</style>
<main>
<header class="${verdict}">
<p class="product">Removebg BD · retention audit</p>
<h1>${safe(sentenceOf(report))}</h1>
<dl>${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${safe(value)}</dd></div>`).join('')}</dl>
</header>
${findings.length === 0 ? '' : findingsHtml(findings)}
${sectionsOf(report).map(sectionHtml).join('\n')}
<section id="words"><h2>Terms</h2>${termsHtml(GLOSSARY)}</section>
<section><h2>What this audit cannot see</h2><ul>${outOfSight.map((line) => `<li>${safe(line)}</li>`).join('')}</ul></section>
</main>
</html>
`;
}

const sectionHtml = ({ title, text, head, columns = [], rows }: Section): string => `<section>
<h2>${safe(title)}</h2>
<p>${safe(text)}</p>
<div class="wide"><table><thead><tr>${head.map((name) => `<th scope="col">${safe(name)}</th>`).join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${row.map(cellHtml).join('')}</tr>`).join('\n')}</tbody></table></div>
${columns.length === 0 ? '' : termsHtml(columns)}
</section>`;

const termsHtml = (terms: readonly (readonly [string, string])[]): string =>
  `<dl class="terms">${terms.map(([term, meaning]) => `<div><dt>${safe(term)}</dt><dd>${safe(meaning)}</dd></div>`).join('')}</dl>`;

const cellHtml = ({ text, tone }: Cell, column: number): string =>
  column === 0 ? `<th scope="row">${safe(text)}</th>` : `<td class="${tone}">${safe(text)}</td>`;

function findingsHtml(findings: readonly AuditFinding[]): string {
  const present = [...new Set(bySeverity(findings).map(severityOf))];
  const row = (finding: AuditFinding): string =>
    `<tr><th scope="row" class="${severityOf(finding)}">${severityOf(finding)}</th><td>${finding.channel}</td><td class="long">${safe(finding.where)}</td><td class="long">${safe(finding.what)}</td></tr>`;
  return `<section>
<h2>Findings</h2>
<p>Most severe first.</p>
<div class="wide"><table><thead><tr><th scope="col">severity</th><th scope="col">channel</th><th scope="col">where</th><th scope="col">what</th></tr></thead>
<tbody>${bySeverity(findings).map(row).join('\n')}</tbody></table></div>
${termsHtml(present.map((severity) => [severity, SEVERITIES[severity]] as const))}
</section>`;
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const safe = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => ESCAPES[character] ?? '');
