import type { AuditReport } from './audit.report.js';
import { REPORT_STYLE } from './report.style.js';
import type { Section } from './report.section.js';
import { sectionsOf, sentenceOf } from './report.sections.js';
import type { Cell } from './table.cell.js';

/** The report as one page that needs nothing else: for reading, printing and filing. */
export function htmlOf(report: AuditReport): string {
  const { verdict, startedAt, tookMs, url, host, system, findings, outOfSight } = report;
  const facts: [string, string][] = [
    ['When', `${startedAt.slice(0, 19).replace('T', ' ')} UTC, for ${Math.round(tookMs / 1000)} s`],
    [
      'What',
      system === 'own' ? 'a system started for this audit, as npm start would' : `the service at ${url}`,
    ],
    ['Where', `Linux ${host.kernel}, ${host.cores} cores, Node ${host.node}`],
    ['How', 'canary images sent through the service; then every process’s memory searched, byte by byte'],
  ];
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
${sectionsOf(report).map(sectionHtml).join('\n')}
${findings.length === 0 ? '' : findingsHtml(report)}
<section><h2>Outside the sight of this audit</h2><ul>${outOfSight.map((line) => `<li>${safe(line)}</li>`).join('')}</ul></section>
</main>
</html>
`;
}

const sectionHtml = ({ title, text, head, rows }: Section): string => `<section>
<h2>${safe(title)}</h2>
<p>${safe(text)}</p>
<div class="wide"><table><thead><tr>${head.map((name) => `<th scope="col">${safe(name)}</th>`).join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${row.map(cellHtml).join('')}</tr>`).join('\n')}</tbody></table></div>
</section>`;

const cellHtml = ({ text, tone }: Cell, column: number): string =>
  column === 0 ? `<th scope="row">${safe(text)}</th>` : `<td class="${tone}">${safe(text)}</td>`;

const findingsHtml = ({ findings }: AuditReport): string => `<section>
<h2>Findings</h2>
<ol>${findings.map(({ channel, where, what }) => `<li><b>${channel}</b> ${safe(where)}<br><span>${safe(what)}</span></li>`).join('\n')}</ol>
</section>`;

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const safe = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => ESCAPES[character] ?? '');
