import { Controller, Get, Header, Inject } from '@nestjs/common';
import type { RetentionStatement } from '#contracts/service.view.js';
import { SETTINGS, BROKER } from '../core/providers.js';
import { DescribeRetention } from './service.openapi.js';
import type { Settings } from '#settings/settings.schema.js';
import type { Broker } from '#broker/broker.js';

const PROMISE =
  'An image lives in volatile memory only, sealed in the queue, and is deleted the moment its result has been ' +
  'delivered. It is never written to a disk, cached, logged or looked at.';

/** Exactly the fields of the access log. */
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

/** Exactly the fields of the line that meters. */
const RECORDED_OF_KEY_HOLDERS = ['time', 'key id', 'images', 'megapixels', 'bytes in and out'] as const;

/** The retention statement, for audits. */
@Controller('.well-known')
export class RetentionController {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(BROKER) private readonly broker: Broker,
  ) {}

  /** What this process and its workers found when they checked themselves and Redis at start. */
  @Get('retention')
  @Header('Cache-Control', 'no-store')
  @DescribeRetention()
  async retention(): Promise<RetentionStatement> {
    const { broker, settings } = this;
    const workers = await broker.pace.workers();
    return {
      guard: guardOf(broker.faults),
      promise: PROMISE,
      held_at_most_s: {
        queued_image: settings.QUEUE_TTL_S,
        uncollected_result: settings.RESULT_TTL_S,
        tombstone_without_user_data: settings.TOMBSTONE_TTL_S,
      },
      recorded: RECORDED,
      recorded_of_key_holders: RECORDED_OF_KEY_HOLDERS,
      facts: broker.facts,
      workers: workers.map(({ name, faults }) => ({ name, guard: guardOf(faults), faults })),
    };
  }
}

const guardOf = (faults: readonly string[]): 'enforced' | 'warned' =>
  faults.length === 0 ? 'enforced' : 'warned';
