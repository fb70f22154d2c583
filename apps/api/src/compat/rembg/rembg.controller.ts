import { Controller, Get, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyContextConfig, FastifyReply, FastifyRequest } from 'fastify';
import { MODELS } from '../../core/providers.js';
import { HttpResultWriter } from '../../results/http-result-writer.js';
import { renderProblem, type ProblemRenderer } from '../../http/problem-responses.js';
import { Route } from '../../http/route-config.js';
import { disconnectSignal } from '../../http/request-preferences.js';
import { DescribeRembg, DescribeRembgUrl } from '../compat.openapi.js';
import { SubmitGuard } from '../../rate-limit/rate-limits.js';
import { RemoteImageService } from '../../uploads/remote-image.service.js';
import { rembgFormUpload, rembgUrlUpload } from './rembg-request.js';
import { SyncCutout } from '../sync-cutout.js';
import type { ModelEntry } from '#inference/model-catalog.js';

/** FastAPI reports errors in `detail`. A problem may have that member; here it is always present. */
const renderRembgProblem: ProblemRenderer = (problem, reply) => {
  const body = problem.toBody();
  return { ...renderProblem(problem, reply), body: { ...body, detail: body.detail ?? body.title } };
};

const ROUTE: FastifyContextConfig = { call: 'compat', renderProblem: renderRembgProblem };

/** `/api/remove`, the endpoint of `rembg s`. */
@Controller('api/remove')
export class RembgController {
  constructor(
    @Inject(MODELS) private readonly models: readonly ModelEntry[],
    private readonly cutouts: SyncCutout,
    private readonly images: RemoteImageService,
  ) {}

  /** Returns the cut-out of an uploaded image as PNG. */
  @Post()
  @Route(ROUTE)
  @UseGuards(SubmitGuard)
  @DescribeRembg()
  async fromForm(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const signal = disconnectSignal(reply);
    await this.cutouts.respond(request, reply, {
      source: rembgFormUpload(this.modelNames),
      writer: new HttpResultWriter(reply, { via: 'compat' }),
      signal,
    });
  }

  /** Returns the cut-out of the image at a URL as PNG. */
  @Get()
  @Route({ ...ROUTE, hasEffect: true, withoutHead: true })
  @UseGuards(SubmitGuard)
  @DescribeRembgUrl()
  async fromUrl(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const signal = disconnectSignal(reply);
    await this.cutouts.respond(request, reply, {
      source: rembgUrlUpload(this.modelNames, this.images, signal),
      writer: new HttpResultWriter(reply, { via: 'compat' }),
      signal,
    });
  }

  private get modelNames(): string[] {
    return this.models.map(({ name }) => name);
  }
}
