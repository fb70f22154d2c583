import type { RemoveBgErrorCode, RemoveBgErrorFacts } from './error-facts.js';

const MIB = 1024 * 1024;

/** Sentences for what the service has no sentence for. */
const TITLES: Partial<Record<RemoveBgErrorCode, string>> = {
  'connection-lost': 'The connection to the service was lost',
  'unexpected-answer': 'The answer is not one of a Removebg BD service',
  'image-unreadable': 'The image could not be read',
  'job-cancelled': 'The job was cancelled and has been purged',
  'result-expired': 'The result was not collected in time and has been purged',
  'result-delivered': 'The result was delivered and has been purged',
  'queue-lost': 'The queue was restarted and the job with it',
};

const listOf = (texts: readonly string[]): string => texts.map((text) => `\`${text}\``).join(', ');

function limitText(limit: number, unit = ''): string {
  if (unit !== 'bytes') return `${limit.toLocaleString('en-US')} ${unit}`.trim();
  return limit >= MIB ? `${+(limit / MIB).toFixed(1)} MiB` : `${limit.toLocaleString('en-US')} bytes`;
}

/** What would be right, as far as the facts say it and the service's own detail does not. */
function hints({
  detail = '',
  parameter,
  accepted,
  limit,
  unit,
  expected,
  found,
}: RemoveBgErrorFacts): string[] {
  const texts: string[] = [];
  if (accepted !== undefined && !accepted.every((value) => detail.includes(value))) {
    texts.push(
      `${parameter === undefined ? 'Accepted' : `\`${parameter}\` accepts`}: ${accepted.join(', ')}`,
    );
  } else if (parameter !== undefined && !detail.includes(parameter))
    texts.push(`It is about \`${parameter}\``);
  if (limit !== undefined && !/\d/.test(detail)) texts.push(`The limit is ${limitText(limit, unit)}`);
  if (expected !== undefined && !expected.some((name) => detail.includes(name))) {
    const came = found === undefined || found.length === 0 ? '' : `, not in ${listOf(found)}`;
    texts.push(`Send the image in the field ${listOf(expected)}${came}`);
  }
  return texts;
}

/** The message of an error: what happened, then what would be right, as sentences. */
export function messageOf(code: RemoveBgErrorCode, facts: RemoveBgErrorFacts): string {
  const title = facts.title || TITLES[code] || code;
  const parts = [title, ...(facts.detail ? [facts.detail] : []), ...hints(facts)];
  return parts.length === 1 ? title : parts.map((part) => part.replace(/[.\s]+$/, '')).join('. ') + '.';
}
