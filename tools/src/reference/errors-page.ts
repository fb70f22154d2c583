import { problemList, PROBLEM_HELP } from '#contracts/problem-pages.js';
import { code, generatedFrom } from './markdown.js';

/** `docs/reference/errors.md`: every problem code with its status, cause and remedy. */
export function errorsPage(): string {
  const { problems } = problemList();
  const statuses = [...new Set(problems.map(({ status }) => status))];
  const sections = statuses.map((status) => {
    const entries = problems.filter((problem) => problem.status === status);
    return [`## ${status}`, ...entries.map(({ code: name, title }) => entry(name, title))].join('\n\n');
  });
  return `# Errors

${generatedFrom('libs/contracts/src/problem-catalog.ts', 'libs/contracts/src/problem.help.*.ts')}

Every error response is \`application/problem+json\` (RFC 9457). \`code\` is stable and is what programs should compare.
\`type\` is the address of a page on the service itself: \`/problems/{code}\` shows the text below and an example. A
response never repeats what the client sent.

Optional members: \`parameter\` and \`accepted\` (which parameter, and its valid values), \`limit\` and \`unit\`,
\`expected\` and \`found\` (names of form fields), \`retry_after\` (seconds, the same as \`Retry-After\`), \`region\` and
\`address\`.

${sections.join('\n\n')}
`;
}

function entry(name: keyof typeof PROBLEM_HELP, title: string): string {
  const { what_happened, why, what_to_do } = PROBLEM_HELP[name];
  return `### ${code(name)}\n\n${title}.\n\n- **What happened:** ${what_happened}\n- **Why:** ${why}\n- **What to do:** ${what_to_do}`;
}
