import { MECHANISMS, type Mechanism } from '#contracts/retention-mechanisms.js';
import type { AuditSummary, RetentionStatement } from '#contracts/retention-view.js';
import { auditSummaryHtml } from './audit-page.js';
import { escapeHtml, htmlPage } from './html-page.js';
import {
  contactHtml,
  countOf,
  durationText,
  entriesHtml,
  iconHtml,
  partHtml,
  passedHtml,
  tableHtml,
  timeHtml,
} from './page-parts.js';

type Check = RetentionStatement['checks'][number];
type Worker = RetentionStatement['workers'][number];

/** The retention statement as a page for a compliance officer. */
export function retentionHtml(statement: RetentionStatement, { startsWorkers = false } = {}): string {
  const { promise, checks, workers, audit, version } = statement;
  return htmlPage({
    title: 'Retention',
    description: promise,
    main: `<div class="page-head">
<p class="kicker">Retention statement</p>
<h1>What is kept, and for how long</h1>
<p class="lead">${escapeHtml(promise)}</p>
</div>
${verdictHtml(checks, workers)}
${factsHtml(statement)}
${[
  ...statement.mechanisms.map((mechanism) => mechanismHtml(mechanism, checks)),
  partHtml('How long data is held', heldHtml(statement)),
  partHtml('What is recorded', recordedHtml(statement)),
  partHtml('Workers', workersHtml(workers, startsWorkers)),
  partHtml('Audit', auditSummaryHtml(audit, version)),
  partHtml('Operator', operatorHtml(statement)),
].join('\n')}
<p class="after">For programs: the same as JSON with <code>Accept: application/json</code>, and the <a href="/.well-known/jwks.json">keys that verify receipts</a>.</p>`,
  });
}

/** The result of all checks at a glance. Failed checks are listed here, before anything else. */
function verdictHtml(checks: readonly Check[], workers: readonly Worker[]): string {
  const failed = checks.filter(({ passed }) => !passed);
  const faulty = workers.filter(({ passed }) => !passed);
  if (failed.length === 0 && faulty.length === 0) {
    return `<section class="outcome" data-outcome="good" aria-label="Result">
${iconHtml('shield-check')}
<div><p class="outcome-title">All ${countOf(checks.length, 'check')} passed</p>
<p>Each process checks itself and its Redis when it starts. The checks are listed below.</p></div>
</section>`;
  }
  const counts = [
    ...(failed.length > 0 ? [`${failed.length} of ${countOf(checks.length, 'check')} failed`] : []),
    ...(faulty.length > 0
      ? [`${faulty.length} of ${countOf(workers.length, 'worker')} with failed checks`]
      : []),
  ];
  const faults = faulty.flatMap(({ name, failed_checks: texts }) =>
    texts.map(
      (text) =>
        `<li class="tick">${iconHtml('x')}<div><p>Worker <code>${escapeHtml(name)}</code>: ${escapeHtml(text)}</p></div></li>`,
    ),
  );
  return `<section class="outcome" data-outcome="bad" aria-label="Result">
${iconHtml('triangle-alert')}
<div><p class="outcome-title">${counts.join(', ')}</p>
<p>The operator has allowed this service to start all the same. The risks below are not ruled out.</p>
<ul class="checks">
${[...failed.map(checkHtml), ...faults].join('\n')}
</ul></div>
</section>`;
}

function factsHtml({ product, version, checks, workers, audit, operator }: RetentionStatement): string {
  const [first] = checks;
  const audited = audit === undefined ? 'No report published' : auditResultHtml(audit);
  return entriesHtml(
    [
      ['Software', escapeHtml(`${product} ${version}`)],
      ['Checked', first === undefined ? 'unknown' : timeHtml(first.checked_at)],
      ['Workers', workers.length === 0 ? 'None is running' : countOf(workers.length, 'worker')],
      ['Latest audit', audited],
      ['Operator', operator.name === undefined ? 'Not published' : escapeHtml(operator.name)],
    ],
    'strip',
  );
}

const AUDIT_WORDS = { pass: 'Passed', fail: 'Failed', void: 'Void' } as const;

const auditResultHtml = ({ verdict, started_at: at }: AuditSummary): string =>
  `${passedHtml(verdict === 'pass', AUDIT_WORDS[verdict])} <time datetime="${escapeHtml(at)}">${escapeHtml(at.slice(0, 10))}</time>`;

/** A mechanism in words, and its checks, failed ones first. */
function mechanismHtml(
  { name, title, text }: RetentionStatement['mechanisms'][number],
  checks: readonly Check[],
): string {
  const own = checks.filter(({ mechanism }) => mechanism === name);
  const failed = own.filter(({ passed }) => !passed);
  const list = [...failed, ...own.filter(({ passed }) => passed)];
  const count =
    failed.length === 0
      ? passedHtml(true, `${countOf(own.length, 'check')} passed`)
      : passedHtml(false, `${failed.length} of ${countOf(own.length, 'check')} failed`);
  return partHtml(
    title,
    `<p>${escapeHtml(text)}</p>
${list.length > 0 ? `<ul class="checks">\n${list.map(checkHtml).join('\n')}\n</ul>` : uncheckedHtml(name)}`,
    list.length > 0 ? `<p>${count}</p>` : '',
  );
}

/** How else a mechanism without a check at start can be checked. */
const uncheckedHtml = (name: Mechanism): string =>
  name === MECHANISMS.at(-1)
    ? '<p class="soft">To check one: save the receipt of a photo, then <code>removebg verify receipt.jws</code>.</p>'
    : '<p class="soft">No check at start can show this. The audit searches for unencrypted images while they are processed.</p>';

const checkHtml = ({ name, rules_out: risk, found, passed }: Check): string =>
  `<li class="tick" data-passed="${passed}">${iconHtml(passed ? 'check' : 'x')}<div><p><b>${passed ? 'Ruled out:' : 'NOT ruled out:'}</b> ${escapeHtml(risk)}</p><p class="soft"><code>${escapeHtml(name)}</code> ${escapeHtml(found)}</p></div></li>`;

const heldHtml = ({ held_at_most_s: held }: RetentionStatement): string =>
  tableHtml(
    'How long data is held',
    ['Data', 'At most', 'Deleted earlier'],
    [
      ['An image in the queue', durationText(held.queued_image), 'when it is canceled or fails'],
      [
        'A result that has not been downloaded',
        durationText(held.uncollected_result),
        'when it is delivered or canceled',
      ],
      [
        'The state of a finished job, without image data',
        durationText(held.tombstone_without_user_data),
        'never',
      ],
    ].map((row) => row.map(escapeHtml)),
  );

function recordedHtml({
  recorded,
  recorded_of_key_holders: billed,
  operator: { access_log_days: days },
}: RetentionStatement): string {
  const kept =
    days === undefined
      ? 'The operator decides how long these lines are kept, and has not published it.'
      : `The operator keeps these lines for ${durationText(days * 86_400)}.`;
  return `<p>Of each request, one access line: ${escapeHtml(recorded.join(', '))}.</p>
<p>For billing, of each finished image that was sent with an API key: ${escapeHtml(billed.join(', '))}.</p>
<p>${kept}</p>`;
}

function workersHtml(workers: readonly Worker[], startsWorkers: boolean): string {
  const intro = '<p>Workers process the images. Each worker makes the same checks when it starts.</p>';
  if (workers.length === 0 && startsWorkers)
    return `${intro}\n<p>No worker is running. An image starts one.</p>`;
  if (workers.length === 0) return `${intro}\n<p class="bad">No worker is running.</p>`;
  const rows = [...workers]
    .sort((a, b) => Number(a.passed) - Number(b.passed))
    .map(({ name, checked_at: at, failed_checks: failed, passed }) => [
      `<code>${escapeHtml(name)}</code>`,
      timeHtml(at),
      passed
        ? passedHtml(true, 'All checks passed')
        : `${passedHtml(false, `${countOf(failed.length, 'check')} failed`)}<br>${failed.map(escapeHtml).join('<br>')}`,
    ]);
  return `${intro}\n${tableHtml('Workers', ['Worker', 'Started and checked', 'Result'], rows)}`;
}

function operatorHtml({ operator }: RetentionStatement): string {
  const { name, address, email, privacy_contact: privacy, security_contact: security } = operator;
  const hasContact = [name, address, email, privacy].some((text) => text !== undefined);
  const text = (value: string | undefined): string | undefined =>
    value === undefined ? undefined : escapeHtml(value);
  const link = (url: string | undefined): string | undefined =>
    url === undefined ? undefined : contactHtml(url);
  return `${hasContact ? '' : '<p>The operator of this service has not published a contact.</p>\n'}${entriesHtml(
    [
      ['Name', text(name)],
      ['Address', text(address)],
      ['Email', link(email === undefined ? undefined : `mailto:${email}`)],
      ['Personal data', link(privacy)],
      ['Vulnerabilities', link(security) ?? '<a href="/security">How to report a vulnerability</a>'],
      ['Legal basis', text(operator.legal_basis) ?? 'Ask the operator'],
      ['Processors', text(operator.processors) ?? 'Ask the operator'],
    ],
  )}
<p>What this means for visitors: <a href="/privacy">privacy</a>.</p>`;
}
