import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ReceiptKeySet } from '#contracts/receipt-claims.js';
import type { RetentionStatement } from '#contracts/service-view.js';
import { VERSION } from '#contracts/version.js';
import { SETTINGS, BROKER } from '../core/providers.js';
import { CacheFor } from '../http/cache-control.js';
import { sendDocument } from '../http/content-negotiation.js';
import { Route } from '../http/route-config.js';
import { retentionHtml } from '../pages/retention-page.js';
import { DescribeReceiptKeys, DescribeRetention } from './service.openapi.js';
import type { Settings } from '#config/settings.schema.js';
import type { Broker } from '#broker/broker.js';
import { ReceiptSigner } from '#crypto/receipt-signer.js';

const PROMISE =
  'An image is held in memory only, encrypted while it is queued, and deleted as soon as its result has been ' +
  'delivered. It is never written to a disk, cached or logged, and nobody looks at it.';

/** The fields of the access log, all of them. */
const RECORDED = [
  'client address',
  'time',
  'user agent',
  'method',
  'route',
  'status',
  'bytes',
  'duration',
] as const;

/** The fields of the metering log, all of them. */
const RECORDED_OF_KEY_HOLDERS = ['time', 'key id', 'images', 'megapixels', 'bytes in and out'] as const;

/** The retention statement, and the keys that verify deletion receipts. */
@Controller('.well-known')
export class RetentionController {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(BROKER) private readonly broker: Broker,
    private readonly receipts: ReceiptSigner,
  ) {}

  /** The results of the checks that this process and its workers made of themselves and Redis at start. */
  @Get('retention')
  @Route({ call: 'service' })
  @DescribeRetention()
  async retention(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const statement = await this.statement();
    await sendDocument(request, reply, {
      json: statement,
      html: () => retentionHtml(statement),
    });
  }

  /** The public keys (RFC 7517). They may change with each start of the service. */
  @Get('jwks.json')
  @Route({ call: 'service' })
  @CacheFor(60)
  @DescribeReceiptKeys()
  keys(): ReceiptKeySet {
    return this.receipts.keySet;
  }

  private async statement(): Promise<RetentionStatement> {
    const { broker, settings } = this;
    const workers = await broker.workerRegistry.live();
    return {
      product: 'Removebg BD',
      version: VERSION,
      guard: guardOf(broker.faults),
      promise: PROMISE,
      held_at_most_s: {
        queued_image: settings.QUEUE_TTL_S,
        uncollected_result: settings.RESULT_TTL_S,
        tombstone_without_user_data: settings.TOMBSTONE_TTL_S,
      },
      recorded: RECORDED,
      recorded_of_key_holders: RECORDED_OF_KEY_HOLDERS,
      checks: broker.facts.map(({ fact, closes, found, holds, checkedAt }) => ({
        name: fact,
        rules_out: closes,
        found,
        passed: holds,
        checked_at: checkedAt,
      })),
      workers: workers.map(({ name, faults, startedAt }) => ({
        name,
        guard: guardOf(faults),
        passed: faults.length === 0,
        failed_checks: faults,
        checked_at: startedAt,
      })),
    };
  }
}

const guardOf = (faults: readonly string[]): 'enforced' | 'warned' =>
  faults.length === 0 ? 'enforced' : 'warned';
