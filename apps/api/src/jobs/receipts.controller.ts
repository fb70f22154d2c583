import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RECEIPT_MIME } from '#contracts/receipt-kind.js';
import { LongPoll } from '../long-poll/long-poll.service.js';
import { ReceiptService } from '../results/receipt.service.js';
import { DescribeReceipt } from './receipts.openapi.js';
import { JobToken, RequireJobToken, type JobAccess } from '../auth/token-guards.js';
import { disconnectSignal, prefersJson, queryWaitMs } from '../http/request-preferences.js';

/** The signed deletion receipt of a job, for as long as its tombstone lives. */
@Controller('v1/jobs/:id/receipt')
export class ReceiptController {
  constructor(
    private readonly longPoll: LongPoll,
    private readonly receipts: ReceiptService,
  ) {}

  /** A compact JWS, or JSON around it for clients that would rather have that; `?wait=` waits for the end. */
  @Get()
  @RequireJobToken()
  @DescribeReceipt()
  async receipt(
    @JobToken() { id }: JobAccess,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const waitMs = queryWaitMs(request, this.longPoll.maxWaitS);
    const record = await this.receipts.whenPurged(id, disconnectSignal(reply), waitMs);
    const { receipt } = await this.receipts.issue(record);
    void reply.headers({ 'Cache-Control': 'no-store', Vary: 'Accept' });
    if (prefersJson(request, RECEIPT_MIME)) await reply.send({ receipt });
    else await reply.header('Content-Type', RECEIPT_MIME).send(receipt);
  }
}
