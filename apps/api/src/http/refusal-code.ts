import type { FastifyReply } from 'fastify';
import type { ProblemCode } from '#contracts/problem.catalogue.js';

const refusals = new WeakMap<FastifyReply['raw'], ProblemCode>();

/** Notes with which code a request was refused, for whoever counts. */
export const setRefusalCode = ({ raw }: FastifyReply, code: ProblemCode): void =>
  void refusals.set(raw, code);

/** The code that a request was refused with. */
export const refusalCodeOf = ({ raw }: FastifyReply): ProblemCode | undefined => refusals.get(raw);
