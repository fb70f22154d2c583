import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RECEIPT_MIME } from '#contracts/receipt.kind.js';
import { JobWaiter } from '../delivery/job.waiter.js';
import { ReceiptIssuer } from '../delivery/receipt.issuer.js';
import { DescribeReceipt } from '../ops/receipt.description.js';
import { accessJob } from './job.access.js';
import { clientGone, prefersJson, queryWaitMs } from '../http/request.preferences.js';

/** The signed deletion receipt of a job, for as long as its tombstone lives. */
@Controller('v1/jobs/:id/receipt')
export class ReceiptController {
  constructor(
    private readonly waiter: JobWaiter,
    private readonly receipts: ReceiptIssuer,
  ) {}

  /** A compact JWS, or JSON around it for clients that would rather have that; `?wait=` waits for the end. */
  @Get()
  @DescribeReceipt()
  async receipt(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { id } = accessJob(request);
    const waitMs = queryWaitMs(request, this.waiter.maxWaitS);
    const record = await this.receipts.whenPurged(id, clientGone(reply), waitMs);
    const { receipt } = await this.receipts.issue(record);
    void reply.headers({ 'Cache-Control': 'no-store', Vary: 'Accept' });
    if (prefersJson(request, RECEIPT_MIME)) await reply.send({ receipt });
    else await reply.header('Content-Type', RECEIPT_MIME).send(receipt);
  }
}
