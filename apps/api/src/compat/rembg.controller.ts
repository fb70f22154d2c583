import { Controller, Get, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiContext } from '../api.context.js';
import { ResponseSink } from '../delivery/result.response.js';
import { clientGone } from '../http/request.preferences.js';
import { DescribeRembg, DescribeRembgUrl } from '../ops/compat.description.js';
import { SubmitGuard } from '../throttle/submit.guard.js';
import { ImageUrls } from './image.urls.js';
import { RembgUpload } from './rembg.upload.js';
import { WholeAnswer } from './whole.answer.js';

/** `/api/remove`, the call of `rembg s`. */
@Controller('api/remove')
export class RembgController {
  constructor(
    private readonly context: ApiContext,
    private readonly answers: WholeAnswer,
    private readonly urls: ImageUrls,
  ) {}

  /** A form with a `file` in, a PNG back. */
  @Post()
  @UseGuards(SubmitGuard)
  @DescribeRembg()
  async fromForm(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const gone = clientGone(reply);
    const { readForm: read } = this.upload(gone);
    await this.answers.give(request, reply, { read, sink: new ResponseSink(reply), gone });
  }

  /** The same for an image that is named by its address. */
  @Get()
  @UseGuards(SubmitGuard)
  @DescribeRembgUrl()
  async fromUrl(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const gone = clientGone(reply);
    const { readUrl: read } = this.upload(gone);
    await this.answers.give(request, reply, { read, sink: new ResponseSink(reply), gone });
  }

  private upload(gone: AbortSignal): RembgUpload {
    const models = this.context.models.map(({ name }) => name);
    return new RembgUpload(models, this.urls, gone);
  }
}
