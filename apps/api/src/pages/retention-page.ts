import type { RetentionStatement } from '#contracts/service-view.js';
import { escapeHtml, htmlPage } from './html-page.js';

type Check = RetentionStatement['checks'][number];

/** The retention statement as a page: the promise, how long data is held, and all checks. */
export function retentionHtml(statement: RetentionStatement): string {
  const { promise, checks, workers } = statement;
  const failed = checks.filter(({ passed }) => !passed);
  return htmlPage({
    title: 'Retention',
    description: promise,
    main: `<h1>What is kept, and for how long</h1>
<p class="lead">${escapeHtml(promise)}</p>
<dl class="facts">
${fact('Result', resultHtml(statement))}
${fact('Checked', timeHtml(checks[0]?.checked_at))}
${fact('Software', escapeHtml(`${statement.product} ${statement.version}`))}
</dl>
<h2>How long data is held</h2>
${heldHtml(statement)}
<h2>What is recorded</h2>
<p>Of each request: ${escapeHtml(listText(statement.recorded))}.</p>
<p>For billing, of each finished image that was sent with an API key: ${escapeHtml(listText(statement.recorded_of_key_holders))}.</p>
<h2>Checks of this server and its Redis</h2>
<p>Each process checks itself and its Redis when it starts. Each check rules out one way in which an image could be kept or seen.</p>
${checksHtml([...failed, ...checks.filter(({ passed }) => passed)])}
<h2>Checks of the workers</h2>
<p>Workers process the images. Each worker makes the same checks when it starts.</p>
${workersHtml(workers)}
<p class="after">To get this page as JSON, send <code>Accept: application/json</code>.</p>`,
  });
}

const fact = (name: string, html: string): string => `<div><dt>${name}</dt><dd>${html}</dd></div>`;

function resultHtml({ checks, workers }: RetentionStatement): string {
  const failed = checks.filter(({ passed }) => !passed).length;
  const faulty = workers.filter(({ passed }) => !passed).length;
  const open = [
    ...(failed > 0 ? [`${failed} of ${countOf(checks.length, 'check')} failed`] : []),
    ...(faulty > 0 ? [`${faulty} of ${countOf(workers.length, 'worker')} with failed checks`] : []),
  ];
  if (open.length > 0) return `<span class="bad">${open.join(', ')}</span>`;
  return `<span class="good">All ${countOf(checks.length, 'check')} passed</span>`;
}

const heldHtml = ({ held_at_most_s: held }: RetentionStatement): string =>
  table(
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

const checksHtml = (checks: readonly Check[]): string =>
  table(
    ['Check', 'Risk it rules out', 'Found', 'Result'],
    checks.map(({ name, rules_out: risk, found, passed }) => [
      `<code>${escapeHtml(name)}</code>`,
      escapeHtml(risk),
      escapeHtml(found),
      passed ? '<span class="good">Passed</span>' : '<span class="bad">Failed</span>',
    ]),
  );

function workersHtml(workers: RetentionStatement['workers']): string {
  if (workers.length === 0) return '<p>No worker is running.</p>';
  return table(
    ['Worker', 'Started and checked', 'Result'],
    workers.map(({ name, checked_at: at, failed_checks: failed, passed }) => [
      `<code>${escapeHtml(name)}</code>`,
      timeHtml(at),
      passed
        ? '<span class="good">All checks passed</span>'
        : `<span class="bad">Failed</span><br>${failed.map(escapeHtml).join('<br>')}`,
    ]),
  );
}

/** `rows` are HTML. */
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<div class="wide" tabindex="0"><table>
<thead><tr>${head.map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead>
<tbody>
${rows.map(([first = '', ...rest]) => `<tr><th scope="row">${first}</th>${rest.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('\n')}
</tbody>
</table></div>`;

const timeHtml = (at: string | undefined): string =>
  at === undefined
    ? 'unknown'
    : `<time datetime="${escapeHtml(at)}">${at.slice(0, 16).replace('T', ' ')} UTC</time>`;

const countOf = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

function durationText(seconds: number): string {
  if (seconds % 3600 === 0) return countOf(seconds / 3600, 'hour');
  return seconds % 60 === 0 ? countOf(seconds / 60, 'minute') : countOf(seconds, 'second');
}

const listText = (items: readonly string[]): string => items.join(', ');
