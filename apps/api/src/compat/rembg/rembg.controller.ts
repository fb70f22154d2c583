import { Controller, Get, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyContextConfig, FastifyReply, FastifyRequest } from 'fastify';
import { MODELS } from '../../core/providers.js';
import { HttpResultWriter } from '../../results/http-result-writer.js';
import { disconnectSignal } from '../../http/request-preferences.js';
import { DescribeRembg, DescribeRembgUrl } from '../compat.openapi.js';
import { SubmitGuard } from '../../rate-limit/rate-limits.js';
import { RemoteImageService } from '../../uploads/remote-image.service.js';
import { renderRembgProblem } from './rembg-errors.js';
import { rembgFormUpload, rembgUrlUpload } from './rembg-upload.js';
import { SyncCutout } from '../sync-cutout.js';
import type { ModelEntry } from '#inference/model-catalog.js';

const ROUTE: FastifyContextConfig = { renderProblem: renderRembgProblem };

/** `/api/remove`, the call of `rembg s`. */
@Controller('api/remove')
export class RembgController {
  constructor(
    @Inject(MODELS) private readonly models: readonly ModelEntry[],
    private readonly cutouts: SyncCutout,
    private readonly images: RemoteImageService,
  ) {}

  /** A form with a `file` in, a PNG back. */
  @Post()
  @RouteConfig(ROUTE)
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

  /** The same for an image that is named by its address. */
  @Get()
  @RouteConfig({ ...ROUTE, hasEffect: true, withoutHead: true } satisfies FastifyContextConfig)
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
