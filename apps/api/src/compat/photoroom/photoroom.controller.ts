import { Controller, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OutgoingHttpHeaders } from 'node:http';
import type { OutputFacts } from '#broker/records/job-record.js';
import { HttpResultWriter } from '../../results/http-result-writer.js';
import { Route } from '../../http/route-config.js';
import { disconnectSignal } from '../../http/request-preferences.js';
import { SubmitGuard } from '../../rate-limit/rate-limits.js';
import { Base64ResultWriter } from '../base64-result-writer.js';
import { wantsJson } from '../call-values.js';
import { SyncCutout } from '../sync-cutout.js';
import { renderPhotoroomProblem } from './photoroom-errors.js';
import { DescribePhotoroom } from './photoroom.openapi.js';
import { photoroomUpload } from './photoroom-request.js';

/** `x-uncertainty-score` of Photoroom: 0 is sure, 1 unsure, -1 unknown. It is 1 minus the confidence. */
export const uncertaintyHeader = ({ confidence }: OutputFacts): OutgoingHttpHeaders => ({
  'X-Uncertainty-Score': confidence === undefined ? '-1' : (1 - confidence).toFixed(2),
});

/** The answer in JSON. */
const JSON_ANSWER = { before: '{"result_b64":"', after: () => '"}', headers: uncertaintyHeader };

/** `POST /v1/segment` of Photoroom. */
@Controller('v1/segment')
export class PhotoroomController {
  constructor(private readonly cutouts: SyncCutout) {}

  /** Returns the cut-out of an image: the file, or JSON with the file in base64. */
  @Post()
  @Route({ call: 'compat', renderProblem: renderPhotoroomProblem, takesBase64: true })
  @UseGuards(SubmitGuard)
  @DescribePhotoroom()
  async segment(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    void reply.header('Vary', 'Accept');
    await this.cutouts.respond(request, reply, {
      source: photoroomUpload,
      writer: wantsJson(request)
        ? new Base64ResultWriter(reply, JSON_ANSWER)
        : new HttpResultWriter(reply, { via: 'compat', headers: uncertaintyHeader }),
      signal: disconnectSignal(reply),
    });
  }
}
