import { Controller, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HttpResultWriter } from '../results/http-result-writer.js';
import { Route } from '../http/route-config.js';
import { disconnectSignal } from '../http/request-preferences.js';
import { DescribePlain } from './compat.openapi.js';
import { SubmitGuard } from '../rate-limit/rate-limits.js';
import { SyncCutout } from './sync-cutout.js';

/** `POST /api/remove-bg`: returns the cut-out of an image. */
@Controller('api/remove-bg')
export class PlainController {
  constructor(private readonly cutouts: SyncCutout) {}

  /** A PNG by default. */
  @Post()
  @Route({ call: 'compat' })
  @UseGuards(SubmitGuard)
  @DescribePlain()
  async removeBackground(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.cutouts.respond(request, reply, {
      writer: new HttpResultWriter(reply, { via: 'compat' }),
      signal: disconnectSignal(reply),
    });
  }
}
