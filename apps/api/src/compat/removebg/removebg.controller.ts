import { Controller, Get, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyContextConfig, FastifyReply, FastifyRequest } from 'fastify';
import type { JobRecord } from '#broker/records/job-record.js';
import { Problem } from '#contracts/problem-catalog.js';
import type { RemovebgAccount } from '#contracts/removebg-view.js';
import { HttpResultWriter } from '../../results/http-result-writer.js';
import { Route } from '../../http/route-config.js';
import { disconnectSignal } from '../../http/request-preferences.js';
import { DescribeRemovebg, DescribeRemovebgAccount } from '../compat.openapi.js';
import { CallerService } from '../../auth/caller.service.js';
import { SubmitGuard } from '../../rate-limit/rate-limits.js';
import { RemoteImageService } from '../../uploads/remote-image.service.js';
import { Base64ResultWriter, type JsonFrame } from '../base64-result-writer.js';
import { FREE_CALLS, wantsJson } from '../call-values.js';
import { renderRemovebgProblem } from './removebg-errors.js';
import type { RateLimits } from '../../http/rate-limit-headers.js';
import { removebgUpload, TYPE } from './removebg-request.js';
import { SyncCutout } from '../sync-cutout.js';

/** The same for all callers: there are no credits, and all calls are free. */
const REMOVEBG_ACCOUNT: RemovebgAccount = {
  data: {
    attributes: {
      credits: { total: 0, subscription: 0, payg: 0, enterprise: 0 },
      api: { free_calls: FREE_CALLS, sizes: 'all' },
    },
  },
};

const ROUTE: FastifyContextConfig = {
  call: 'compat',
  renderProblem: renderRemovebgProblem,
  rateLimitHeaders: removebgRateLimitHeaders,
};

/** Endpoints of remove.bg v1.0. */
@Controller('v1.0')
export class RemovebgController {
  constructor(
    private readonly cutouts: SyncCutout,
    private readonly images: RemoteImageService,
    private readonly callers: CallerService,
  ) {}

  /** Returns the cut-out of an image: the file, or JSON with the file in base64. */
  @Post('removebg')
  @Route({ ...ROUTE, takesBase64: true })
  @UseGuards(SubmitGuard)
  @DescribeRemovebg()
  async removebg(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const signal = disconnectSignal(reply);
    void reply.header('Vary', 'Accept');
    await this.cutouts.respond(request, reply, {
      source: removebgUpload(this.images, signal),
      writer: wantsJson(request)
        ? new Base64ResultWriter(reply, JSON_ANSWER)
        : new HttpResultWriter(reply, { via: 'compat' }),
      signal,
      onAccepted: ({ extraFields }) => {
        void reply.header('X-Credits-Charged', 0);
        const type = extraFields.get(TYPE);
        if (type !== undefined) void reply.header('X-Type', type);
      },
      checkResult: requireSubject,
    });
  }

  /** The account. There are no credits. */
  @Get('account')
  @Route(ROUTE)
  @DescribeRemovebgAccount()
  account(@Req() request: FastifyRequest): RemovebgAccount {
    this.callers.of(request);
    return REMOVEBG_ACCOUNT;
  }
}

/** remove.bg answers an image without a subject with `unknown_foreground`. @throws Problem `foreground-not-found` */
function requireSubject({ output }: JobRecord): void {
  if (output?.hints.includes('no-subject') === true) throw new Problem('foreground-not-found');
}

/** The answer in JSON. */
const JSON_ANSWER: JsonFrame = {
  before: '{"data":{"result_b64":"',
  after: ({ foreground: { top, left, width, height } }) => {
    const facts = {
      foreground_top: top,
      foreground_left: left,
      foreground_width: width,
      foreground_height: height,
    };
    return `",${JSON.stringify(facts).slice(1)}}`;
  },
};

/**
 * `X-RateLimit-*` in the format of remove.bg: megapixels per minute, the remaining ones, and the Unix time at which all are
 * available again. The values are those of requests when only requests are limited, or no request is left.
 */
function removebgRateLimitHeaders(limits: RateLimits): Record<string, number> {
  const requests = limits.get('submit');
  const isUsedUp = requests !== undefined && requests.left < 0;
  const status = isUsedUp ? requests : (limits.get('pixels') ?? requests);
  if (status === undefined) return {};
  return {
    'X-RateLimit-Limit': status.limit,
    'X-RateLimit-Remaining': Math.max(0, Math.floor(status.left)),
    'X-RateLimit-Reset': Math.ceil(Date.now() / 1000) + status.resetS,
  };
}
