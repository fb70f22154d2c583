import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isProblemCode, Problem } from '#contracts/problem-catalog.js';
import { problemList, problemPage } from '#contracts/problem-pages.js';
import { CacheFor } from '../http/cache-control.js';
import { sendDocument } from '../http/content-negotiation.js';
import { problemListHtml, problemPageHtml } from '../pages/problem-pages.js';
import { DescribeProblem, DescribeProblems } from './service.openapi.js';

/** The texts change only with a release. */
const MAX_AGE_S = 3600;

/** Explains the problems of the API. The `type` of a problem is an address here. */
@Controller('problems')
export class ProblemsController {
  /** Every kind of problem. */
  @Get()
  @CacheFor(MAX_AGE_S)
  @DescribeProblems()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const list = problemList();
    await sendDocument(request, reply, {
      json: list,
      html: () => problemListHtml(list),
    });
  }

  /** One kind of problem. */
  @Get(':code')
  @CacheFor(MAX_AGE_S)
  @DescribeProblem()
  async page(
    @Param('code') code: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!isProblemCode(code)) throw new Problem('not-found', { detail: 'No problem has this code.' });
    const page = problemPage(code);
    await sendDocument(request, reply, {
      json: page,
      html: () => problemPageHtml(page),
    });
  }
}
