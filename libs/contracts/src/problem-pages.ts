import { z } from 'zod';
import { PROBLEMS, type ProblemCode } from './problem-catalog.js';
import type { ProblemHelp } from './problem-help.js';
import { IMAGE_HELP } from './problem-help-images.js';
import { JOB_HELP } from './problem-help-jobs.js';
import { REQUEST_HELP } from './problem-help-requests.js';

/** The help for every problem of the catalog. */
export const PROBLEM_HELP: Readonly<Record<ProblemCode, ProblemHelp>> = {
  ...REQUEST_HELP,
  ...IMAGE_HELP,
  ...JOB_HELP,
};

/** `GET /problems/{code}`: one kind of problem, explained. */
export const problemPageSchema = z.object({
  type: z.string().describe('Address of this page, relative to the service'),
  code: z.enum(Object.keys(PROBLEMS) as [ProblemCode]).describe('Stable name of the problem'),
  status: z.int().describe('HTTP status that comes with it'),
  title: z.string(),
  what_happened: z.string(),
  why: z.string(),
  what_to_do: z.string(),
  example: z.string().describe('Lines to paste'),
});

/** One kind of problem, explained. */
export type ProblemPage = z.output<typeof problemPageSchema>;

/** `GET /problems`: every kind of problem. */
export const problemListSchema = z.object({
  problems: z.array(problemPageSchema.pick({ type: true, code: true, status: true, title: true })),
});

/** Every kind of problem. */
export type ProblemList = z.output<typeof problemListSchema>;

/** One kind of problem, explained. */
export function problemPage(code: ProblemCode): ProblemPage {
  const [status, title] = PROBLEMS[code];
  return { type: `/problems/${code}`, code, status, title, ...PROBLEM_HELP[code] };
}

/** Every kind of problem, by status. */
export function problemList(): ProblemList {
  const pages = (Object.keys(PROBLEMS) as ProblemCode[]).map(problemPage);
  const problems = pages.map(({ type, code, status, title }) => ({ type, code, status, title }));
  return { problems: problems.sort((a, b) => a.status - b.status) };
}
