import type { AuditDocument } from '#contracts/audit-document.js';
import type { AuditSummary } from '#contracts/retention-view.js';
import { escapeHtml, htmlPage } from './html-page.js';
import {
  countOf,
  durationText,
  entriesHtml,
  iconHtml,
  partHtml,
  passedHtml,
  tableHtml,
  timeHtml,
} from './page-parts.js';

type Section = AuditDocument['document']['sections'][number];
type Cell = Section['rows'][number][number];
type Entry = AuditDocument['document']['terms'][number];

/** How an operator publishes a report. */
const UNPUBLISHED = `<p>The operator of this service has not published an audit report.</p>
<p>The audit is part of the software. It sends unique pictures along every path through the service, then searches the memory of all processes, Redis, logs and folders for any part of them. To publish one:</p>
<pre tabindex="0" aria-label="Commands"><code>npm run audit -- --report audit.json
AUDIT_REPORT_FILE=audit.json npm start</code></pre>`;

/** The latest audit in short. @param version of the service that runs now */
export function auditSummaryHtml(audit: AuditSummary | undefined, version: string): string {
  if (audit === undefined) return UNPUBLISHED;
  const { service_version: audited, commit, paths, rounds } = audit;
  const differs =
    audited === version
      ? ''
      : ` <span class="warn">${iconHtml('circle-alert')}This service runs ${escapeHtml(version)}</span>`;
  return `${entriesHtml([
    ['Result', passedHtml(audit.verdict === 'pass', audit.sentence)],
    ['When', `${timeHtml(audit.started_at)}, for ${durationText(roundedSeconds(audit.took_s))}`],
    [
      'What',
      audit.system === 'attached'
        ? 'A running service'
        : 'A service that the audit started for itself, like <code>npm start</code>',
    ],
    ['Version', `${escapeHtml(audited ?? 'unknown')}${differs}`],
    ['Commit', commit === undefined ? undefined : `<code>${escapeHtml(commit)}</code>`],
    ['Searched', escapeHtml(audit.searched.join(', '))],
    ['Extent', `${countOf(paths, 'path')} through the service, ${countOf(rounds, 'round')}`],
    ['Findings', audit.findings === 0 ? 'None' : `<span class="bad">${audit.findings}</span>`],
  ])}
<p><a href="${escapeHtml(audit.url)}">Read the whole report</a></p>`;
}

/** To minutes if there are two or more. */
const roundedSeconds = (seconds: number): number =>
  seconds < 120 ? Math.max(1, seconds) : Math.round(seconds / 60) * 60;

/** The published report as a page. */
export function auditHtml({ verdict, document }: AuditDocument): string {
  const { sentence, facts, findings, severities, sections, terms, outOfSight } = document;
  const isGood = verdict === 'pass';
  return htmlPage({
    title: 'Retention audit',
    description: sentence,
    main: `<div class="page-head">
<p class="kicker"><a href="/.well-known/retention">Retention statement</a></p>
<h1>Retention audit</h1>
</div>
<section class="outcome" data-outcome="${isGood ? 'good' : 'bad'}" aria-label="Result">
${iconHtml(isGood ? 'shield-check' : 'triangle-alert')}
<div><p class="outcome-title">${escapeHtml(sentence)}</p></div>
</section>
${entriesHtml(
  facts.map(({ name, text }) => [name, escapeHtml(text)]),
  'entries',
)}
${findings.length === 0 ? '' : findingsHtml(findings, severities)}
${sections.map(sectionHtml).join('\n')}
${partHtml('Terms', termsHtml(terms))}
${partHtml('What this audit cannot see', `<ul>\n${outOfSight.map((text) => `<li>${escapeHtml(text)}</li>`).join('\n')}\n</ul>`)}
<p class="after">For programs: the file as JSON with <code>Accept: application/json</code>.</p>`,
  });
}

const SEVERE = ['critical', 'high'];

function findingsHtml(findings: AuditDocument['document']['findings'], severities: readonly Entry[]): string {
  const rows = findings.map(({ severity, channel, where, what }) => [
    `<span class="${SEVERE.includes(severity) ? 'bad' : 'warn'}">${severity}</span>`,
    ...[channel, where, what].map(escapeHtml),
  ]);
  const present = severities.filter(({ name }) => findings.some(({ severity }) => severity === name));
  return `<section class="part stacked"><h2>Findings</h2>
<p>Most severe first.</p>
${tableHtml('Findings', ['Severity', 'Channel', 'Where', 'What'], rows)}
${termsHtml(present)}
</section>`;
}

const sectionHtml = ({ title, text, head, columns, rows }: Section): string => `<section class="part stacked">
<h2>${escapeHtml(title)}</h2>
<p>${escapeHtml(text)}</p>
${tableHtml(
  title,
  head,
  rows.map((row) => row.map(cellHtml)),
)}
${columns.length === 0 ? '' : termsHtml(columns)}
</section>`;

const cellHtml = ({ text, tone }: Cell): string => {
  if (tone === 'good' || tone === 'bad') return passedHtml(tone === 'good', text);
  return tone === 'idle' ? `<span class="soft">${escapeHtml(text)}</span>` : escapeHtml(text);
};

const termsHtml = (terms: readonly Entry[]): string =>
  entriesHtml(
    terms.map(({ name, text }) => [name, escapeHtml(text)]),
    'entries terms',
  );
