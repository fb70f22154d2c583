import { z } from 'zod';
import { PUBLIC_ID } from './public-id.js';

declare const jobIdBrand: unique symbol;

/** Public name of a job: 128 bits derived from its token, base64url, 22 characters. */
export type JobId = string & { readonly [jobIdBrand]: true };

const JOB_ID = /^[A-Za-z0-9_-]{22}$/;

/** True when `text` has the exact shape of a job id. */
export const isJobId = (text: string): text is JobId => JOB_ID.test(text);

/** Wire schema of a job id. */
export const jobIdSchema = z
  .string()
  .regex(PUBLIC_ID)
  .meta({
    description: 'Job id: 22 characters, base64url; with regions, prefixed with `region.`',
    examples: ['q83vASNFZ4mrze8BI0VniQ'],
  });
