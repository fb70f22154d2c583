import { Module } from '@nestjs/common';
import { LongPollModule } from '../long-poll/long-poll.module.js';
import { ReceiptService } from './receipt.service.js';
import { ResultDelivery } from './result-delivery.service.js';

/** Leasing, decrypting, sending and purging results; deletion receipts. */
@Module({
  imports: [LongPollModule],
  providers: [ResultDelivery, ReceiptService],
  exports: [LongPollModule, ResultDelivery, ReceiptService],
})
export class ResultsModule {}
