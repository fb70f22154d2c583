import { Controller, Get, Header, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ResponseSink } from '../delivery/result.response.js';
import { clientGone } from '../http/request.preferences.js';
import { DescribeRemovebg, DescribeRemovebgAccount } from '../ops/compat.description.js';
import { CallerSource } from '../tenancy/caller.source.js';
import { SubmitGuard } from '../throttle/submit.guard.js';
import { ImageUrls } from './image.urls.js';
import { JsonSink } from './json.sink.js';
import { REMOVEBG_ACCOUNT } from './removebg.account.js';
import { tellRateAsRemovebg } from './removebg.rate.js';
import { RemovebgUpload } from './removebg.upload.js';
import { WholeAnswer } from './whole.answer.js';

/** The calls of remove.bg v1.0, for clients that were written for it. */
@Controller('v1.0')
export class RemovebgController {
  constructor(
    private readonly answers: WholeAnswer,
    private readonly urls: ImageUrls,
    private readonly callers: CallerSource,
  ) {}

  /** Takes one image, and answers with its cut-out: the file itself, or JSON around it. */
  @Post('removebg')
  @UseGuards(SubmitGuard)
  @DescribeRemovebg()
  async removebg(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const gone = clientGone(reply);
    const upload = new RemovebgUpload(this.urls, gone);
    void reply.header('Vary', 'Accept');
    await this.answers.give(request, reply, {
      read: upload.read,
      sink: wantsJson(request) ? new JsonSink(reply) : new ResponseSink(reply),
      gone,
      onAccepted: () => {
        tellRateAsRemovebg(reply);
        void reply.header('X-Credits-Charged', 0);
        if (upload.type !== undefined) void reply.header('X-Type', upload.type);
      },
    });
  }

  /** Credits, of which there are none. */
  @Get('account')
  @Header('Cache-Control', 'no-store')
  @DescribeRemovebgAccount()
  account(@Req() request: FastifyRequest): typeof REMOVEBG_ACCOUNT {
    this.callers.of(request);
    return REMOVEBG_ACCOUNT;
  }
}

// HTTP libraries ask for "application/json, text/plain, */*" by themselves, and such clients of remove.bg get, and
// expect, the image.
/** True when JSON is asked for, and an image would not do. */
function wantsJson(request: FastifyRequest): boolean {
  const accept = (request.headers.accept ?? '').toLowerCase();
  return accept.includes('application/json') && !/\*\/\*|image\//.test(accept);
}
