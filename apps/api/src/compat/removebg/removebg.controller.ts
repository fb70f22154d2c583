import { Controller, Get, Header, Post, Req, Res, UseGuards } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyContextConfig, FastifyReply, FastifyRequest } from 'fastify';
import type { RemovebgAccount } from '#contracts/removebg-view.js';
import { HttpResultWriter } from '../../results/http-result-writer.js';
import { disconnectSignal } from '../../http/request-preferences.js';
import { DescribeRemovebg, DescribeRemovebgAccount } from '../compat.openapi.js';
import { CallerService } from '../../auth/caller.service.js';
import { SubmitGuard } from '../../rate-limit/rate-limits.js';
import { RemoteImageService } from '../../uploads/remote-image.service.js';
import { JsonResultWriter } from './json-result-writer.js';
import { renderRemovebgProblem } from './removebg-errors.js';
import { removebgRateLimitHeaders } from './removebg-rate-limit-headers.js';
import { removebgUpload, TYPE } from './removebg-upload.js';
import { SyncCutout } from '../sync-cutout.js';

/** Large enough for any client that checks before it calls; it does not shrink. */
const ALWAYS_FREE = 1_000_000;

/** The same for every caller: there are no credits, none is charged, and every call is free. */
const REMOVEBG_ACCOUNT: RemovebgAccount = {
  data: {
    attributes: {
      credits: { total: 0, subscription: 0, payg: 0, enterprise: 0 },
      api: { free_calls: ALWAYS_FREE, sizes: 'all' },
    },
  },
};

const ROUTE: FastifyContextConfig = {
  renderProblem: renderRemovebgProblem,
  rateLimitHeaders: removebgRateLimitHeaders,
};

/** The calls of remove.bg v1.0, for clients that were written for it. */
@Controller('v1.0')
export class RemovebgController {
  constructor(
    private readonly cutouts: SyncCutout,
    private readonly images: RemoteImageService,
    private readonly callers: CallerService,
  ) {}

  /** Takes one image and returns its cut-out: the file itself, or JSON around it. */
  @Post('removebg')
  @RouteConfig({ ...ROUTE, takesBase64: true } satisfies FastifyContextConfig)
  @UseGuards(SubmitGuard)
  @DescribeRemovebg()
  async removebg(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const signal = disconnectSignal(reply);
    void reply.header('Vary', 'Accept');
    await this.cutouts.respond(request, reply, {
      source: removebgUpload(this.images, signal),
      writer: wantsJson(request)
        ? new JsonResultWriter(reply)
        : new HttpResultWriter(reply, { via: 'compat' }),
      signal,
      onAccepted: ({ extraFields }) => {
        void reply.header('X-Credits-Charged', 0);
        const type = extraFields.get(TYPE);
        if (type !== undefined) void reply.header('X-Type', type);
      },
    });
  }

  /** Credits, of which there are none. */
  @Get('account')
  @RouteConfig(ROUTE)
  @Header('Cache-Control', 'no-store')
  @DescribeRemovebgAccount()
  account(@Req() request: FastifyRequest): RemovebgAccount {
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
