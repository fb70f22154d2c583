import { z } from 'zod';
import { PROBLEMS, type ProblemCode } from './problem-catalog.js';
import { JOB_HELP } from './job-problem-help.js';
import { IMAGE_HELP, REQUEST_HELP, type ProblemHelp } from './problem-help.js';
import { MASK_HELP } from './mask-help.js';

/** The help for every problem of the catalog. */
export const PROBLEM_HELP: Readonly<Record<ProblemCode, ProblemHelp>> = {
  ...REQUEST_HELP,
  ...IMAGE_HELP,
  ...MASK_HELP,
  ...JOB_HELP,
};

/** `GET /problems/{code}`: the explanation of one problem. */
export const problemPageSchema = z.object({
  type: z.string().describe('URL of this page, relative to the service'),
  code: z.enum(Object.keys(PROBLEMS) as [ProblemCode]).describe('Stable name of the problem'),
  status: z.int().describe('HTTP status of the problem'),
  title: z.string(),
  what_happened: z.string(),
  why: z.string(),
  what_to_do: z.string(),
  example: z.string().describe('A command or code to paste'),
});

/** The explanation of one problem. */
export type ProblemPage = z.output<typeof problemPageSchema>;

/** `GET /problems`: all problems. */
export const problemListSchema = z.object({
  problems: z.array(problemPageSchema.pick({ type: true, code: true, status: true, title: true })),
});

/** All problems. */
export type ProblemList = z.output<typeof problemListSchema>;

/** The explanation of one problem. */
export function problemPage(code: ProblemCode): ProblemPage {
  const [status, title] = PROBLEMS[code];
  return { type: `/problems/${code}`, code, status, title, ...PROBLEM_HELP[code] };
}

/** All problems, by status. */
export function problemList(): ProblemList {
  const pages = (Object.keys(PROBLEMS) as ProblemCode[]).map(problemPage);
  const problems = pages.map(({ type, code, status, title }) => ({ type, code, status, title }));
  return { problems: problems.sort((a, b) => a.status - b.status) };
}
