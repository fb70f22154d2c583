import { Controller, Get, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyContextConfig, FastifyReply, FastifyRequest } from 'fastify';
import type { WithoutbgCredit } from '#contracts/withoutbg-view.js';
import { CallerService } from '../../auth/caller.service.js';
import {
  HttpResultWriter,
  type AbortableResultWriter,
  type ResultHeaders,
} from '../../results/http-result-writer.js';
import { Route } from '../../http/route-config.js';
import { disconnectSignal } from '../../http/request-preferences.js';
import { SubmitGuard } from '../../rate-limit/rate-limits.js';
import type { UploadSource } from '../../uploads/upload-source.js';
import { mediaTypeOf } from '../../uploads/upload-body.js';
import { Base64ResultWriter, type JsonFrame } from '../base64-result-writer.js';
import { FREE_CALLS, workMs } from '../call-values.js';
import { SyncCutout } from '../sync-cutout.js';
import { PairResultWriter } from './pair-result-writer.js';
import { renderCloudProblem, renderLocalProblem } from './withoutbg-errors.js';
import {
  DescribeAlpha,
  DescribeAlphaBase64,
  DescribeApp,
  DescribeCredit,
  DescribeImage,
  DescribeImageBase64,
  DescribeLocal,
} from './withoutbg.openapi.js';
import { appUpload, cloudUploads, localPairUpload, localUpload } from './withoutbg-request.js';

const LOCAL: FastifyContextConfig = { call: 'compat', renderProblem: renderLocalProblem };
const CLOUD: FastifyContextConfig = { call: 'compat', renderProblem: renderCloudProblem };

/** Every call is free, and credits do not expire. */
const CREDIT: WithoutbgCredit = { credit: FREE_CALLS, expiration_date: '9999-12-31 23:59:59' };

const latencyHeader: ResultHeaders = (output) => ({ 'X-Latency-Ms': workMs(output) });

/** An answer that is JSON with one member. */
const frameOf = (name: string): JsonFrame => ({ before: `{"${name}":"`, after: () => '"}' });
const IMAGE_FRAME = frameOf('img_without_background_base64');
const ALPHA_FRAME = frameOf('alpha_base64');

/** How a request is read and answered. */
interface Ways {
  source: UploadSource;
  writer: AbortableResultWriter;
}

/** Endpoints of withoutBG: its local server, its cloud API, and its web app of 2025. */
@Controller()
export class WithoutbgController {
  constructor(
    private readonly cutouts: SyncCutout,
    private readonly callers: CallerService,
  ) {}

  /** The local server: a PNG for an image or a form, and two data URLs for a body in JSON. */
  @Post('v1/remove-background')
  @Route(LOCAL)
  @UseGuards(SubmitGuard)
  @DescribeLocal()
  async local(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const isJson = mediaTypeOf(request) === 'application/json';
    await this.respond(
      request,
      reply,
      isJson
        ? { source: localPairUpload, writer: new PairResultWriter(reply) }
        : {
            source: localUpload,
            writer: new HttpResultWriter(reply, { via: 'compat', headers: latencyHeader }),
          },
    );
  }

  /** The cloud API: the cut-out as PNG. */
  @Post('v1.0/image-without-background')
  @Route(CLOUD)
  @UseGuards(SubmitGuard)
  @DescribeImage()
  image(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.respondWithFile(request, reply, cloudUploads.image);
  }

  /** The cloud API: the cut-out in base64. */
  @Post('v1.0/image-without-background-base64')
  @Route(CLOUD)
  @UseGuards(SubmitGuard)
  @DescribeImageBase64()
  imageBase64(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const writer = new Base64ResultWriter(reply, IMAGE_FRAME);
    return this.respond(request, reply, { source: cloudUploads.imageBase64, writer });
  }

  /** The cloud API: the alpha as a gray PNG. */
  @Post('v1.0/alpha-channel')
  @Route(CLOUD)
  @UseGuards(SubmitGuard)
  @DescribeAlpha()
  alpha(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.respondWithFile(request, reply, cloudUploads.alpha);
  }

  /** The cloud API: the alpha in base64. */
  @Post('v1.0/alpha-channel-base64')
  @Route(CLOUD)
  @UseGuards(SubmitGuard)
  @DescribeAlphaBase64()
  alphaBase64(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const writer = new Base64ResultWriter(reply, ALPHA_FRAME);
    return this.respond(request, reply, { source: cloudUploads.alphaBase64, writer });
  }

  /** The web app of 2025: a PNG, JPEG or WebP. */
  @Post('api/remove-background')
  @Route(CLOUD)
  @UseGuards(SubmitGuard)
  @DescribeApp()
  app(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.respondWithFile(request, reply, appUpload);
  }

  /** The cloud API: credits. There are none to spend. */
  @Get('available-credit')
  @Route({ call: 'compat', renderProblem: renderCloudProblem })
  @DescribeCredit()
  credit(@Req() request: FastifyRequest): WithoutbgCredit {
    this.callers.of(request);
    return CREDIT;
  }

  private respondWithFile(request: FastifyRequest, reply: FastifyReply, source: UploadSource): Promise<void> {
    return this.respond(request, reply, { source, writer: new HttpResultWriter(reply, { via: 'compat' }) });
  }

  private respond(request: FastifyRequest, reply: FastifyReply, ways: Ways): Promise<void> {
    return this.cutouts.respond(request, reply, { ...ways, signal: disconnectSignal(reply) });
  }
}
