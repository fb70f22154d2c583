import { renderProblem, type ProblemRenderer } from '../../http/problem-responses.js';

/** FastAPI says what is wrong in `detail`; a problem has that member too, so here it is always present. */
export const renderRembgProblem: ProblemRenderer = (problem, reply) => {
  const body = problem.toBody();
  return { ...renderProblem(problem, reply), body: { ...body, detail: body.detail ?? body.title } };
};
