import { Controller, Get, Header } from '@nestjs/common';
import type { RetentionFact } from '#settings/retention.fact.js';
import { ApiContext } from '../api.context.js';
import { DescribeRetention } from './api.description.js';

/** What is promised, what was checked, and for how long anything is held. */
export interface RetentionStatement {
  /** `enforced`: every process checked itself and its Redis before it took work, and all of it held. */
  guard: 'enforced' | 'warned';
  promise: string;
  /** Longest time in seconds that each thing may be held; delivery, failure and cancellation end it at once. */
  held_at_most_s: { queued_image: number; uncollected_result: number; tombstone_without_user_data: number };
  recorded: readonly string[];
  /** Recorded besides, for billing, of each finished image that was submitted with an API key. */
  recorded_of_key_holders: readonly string[];
  facts: RetentionFact[];
  workers: { name: string; guard: 'enforced' | 'warned'; faults: string[] }[];
}

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

/** For whoever has to be shown that nothing is kept. */
@Controller('.well-known')
export class RetentionController {
  constructor(private readonly context: ApiContext) {}

  /** What this process and its workers found when they checked themselves and Redis at start. */
  @Get('retention')
  @Header('Cache-Control', 'no-store')
  @DescribeRetention()
  async retention(): Promise<RetentionStatement> {
    const { broker, settings } = this.context;
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
