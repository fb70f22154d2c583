import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isProblemCode, Problem } from '#contracts/problem-catalog.js';
import { problemList, problemPage } from '#contracts/problem-pages.js';
import { sendDocument } from '../http/content-negotiation.js';
import { problemListHtml, problemPageHtml } from '../pages/problem-pages.js';
import { DescribeProblem, DescribeProblems } from './problems.openapi.js';

/** The texts change with a release only. */
const CACHED = 'public, max-age=3600';

/** Explains the problems of the API: the `type` of each leads here. */
@Controller('problems')
export class ProblemsController {
  /** Every kind of problem. */
  @Get()
  @DescribeProblems()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const list = problemList();
    await sendDocument(request, reply.header('Cache-Control', CACHED), {
      json: list,
      html: () => problemListHtml(list),
    });
  }

  /** One kind of problem. */
  @Get(':code')
  @DescribeProblem()
  async page(
    @Param('code') code: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!isProblemCode(code)) throw new Problem('not-found', { detail: 'No problem has this code.' });
    const page = problemPage(code);
    await sendDocument(request, reply.header('Cache-Control', CACHED), {
      json: page,
      html: () => problemPageHtml(page),
    });
  }
}
