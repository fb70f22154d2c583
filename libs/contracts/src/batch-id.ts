import { z } from 'zod';
import { PUBLIC_ID } from './public-id.js';

declare const batchIdBrand: unique symbol;

/** Public name of a batch: 128 bits derived from its token, base64url, 22 characters. */
export type BatchId = string & { readonly [batchIdBrand]: true };

const BATCH_ID = /^[A-Za-z0-9_-]{22}$/;

/** True when `text` has the exact shape of a batch id. */
export const isBatchId = (text: string): text is BatchId => BATCH_ID.test(text);

/** Wire schema of a batch id. */
export const batchIdSchema = z
  .string()
  .regex(PUBLIC_ID)
  .meta({
    description: 'Batch id: 22 characters, base64url; with regions, prefixed with `region.`',
    examples: ['Zk3vASNFZ4mrze8BI0VniQ'],
  });
