import { Controller, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ResponseSink } from '../delivery/result.response.js';
import { clientGone } from '../http/request.preferences.js';
import { DescribePlain } from '../ops/compat.description.js';
import { SubmitGuard } from '../throttle/submit.guard.js';
import { WholeAnswer } from './whole.answer.js';

/** `POST /api/remove-bg`: a form with an `image` in, the cut-out back. */
@Controller('api/remove-bg')
export class PlainController {
  constructor(private readonly answers: WholeAnswer) {}

  /** A PNG unless the form asks for something else. */
  @Post()
  @UseGuards(SubmitGuard)
  @DescribePlain()
  async removeBackground(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.answers.give(request, reply, { sink: new ResponseSink(reply), gone: clientGone(reply) });
  }
}
