import { z } from 'zod';
import { MECHANISMS } from './retention-mechanisms.js';

const guard = z
  .enum(['enforced', 'warned'])
  .describe('`enforced`: the process checked itself and its Redis at start, and all checks passed');

const seconds = z.int().describe('Seconds');
const mechanism = z.enum(MECHANISMS);

/** Who runs the service, and what they state about it. */
export const operatorSchema = z.object({
  name: z.exactOptional(z.string()).describe('`CONTACT_NAME`'),
  address: z.exactOptional(z.string()).describe('Postal address, `CONTACT_ADDRESS`'),
  email: z.exactOptional(z.string()).describe('`CONTACT_EMAIL`'),
  privacy_contact: z
    .exactOptional(z.string())
    .describe('URL for requests about personal data, `CONTACT_PRIVACY`'),
  security_contact: z.exactOptional(z.string()).describe('URL for vulnerabilities, `CONTACT_SECURITY`'),
  legal_basis: z.exactOptional(z.string()).describe('Legal basis of the processing, `PRIVACY_LEGAL_BASIS`'),
  processors: z
    .exactOptional(z.string())
    .describe('Companies that process data for the operator, `PRIVACY_PROCESSORS`'),
  access_log_days: z
    .exactOptional(z.int())
    .describe('How long the operator keeps access lines, `PRIVACY_LOG_DAYS`'),
});

/** Who runs the service. */
export type OperatorFacts = z.output<typeof operatorSchema>;

/** Summary of the audit report that the operator has published. */
export const auditSummarySchema = z.object({
  url: z.string().describe('Path of the whole report'),
  verdict: z
    .enum(['pass', 'fail', 'void'])
    .describe('`pass`: nothing was found; `void`: the audit could not show that it works'),
  sentence: z.string().describe('The verdict in one sentence'),
  started_at: z.iso.datetime(),
  took_s: z.int().describe('Duration, seconds'),
  service_version: z.exactOptional(z.string()).describe('Version of the audited service'),
  commit: z.exactOptional(z.string()).describe('Commit of the audit program'),
  system: z
    .enum(['own', 'attached'])
    .describe('`attached`: a running service; `own`: a service that the audit started for itself'),
  paths: z.int().describe('Ways of an image through the service that were tried'),
  rounds: z.int().describe('How often each path was tried'),
  searched: z.array(z.string()).describe('Places that were searched'),
  findings: z.int().describe('Number of findings'),
});

/** Summary of an audit report. */
export type AuditSummary = z.output<typeof auditSummarySchema>;

/** `GET /.well-known/retention`: the promise, how long data is held, and the results of all checks. */
export const retentionSchema = z.object({
  product: z.literal('Removebg BD'),
  version: z.string().describe('Version of the software'),
  guard: guard.describe(
    '`enforced`: this process checked itself and its Redis at start, and all checks passed',
  ),
  promise: z.string(),
  held_at_most_s: z
    .object({ queued_image: seconds, uncollected_result: seconds, tombstone_without_user_data: seconds })
    .describe('Longest time that data is held. Delivery, failure and cancellation delete it immediately'),
  recorded: z.array(z.string()).readonly().describe('Fields of the access log'),
  recorded_of_key_holders: z
    .array(z.string())
    .readonly()
    .describe('Also recorded, for billing, of each finished image that was submitted with an API key'),
  mechanisms: z
    .array(z.object({ name: mechanism, title: z.string(), text: z.string() }))
    .describe('How the promise is enforced'),
  checks: z
    .array(
      z.object({
        name: z.string().describe('Name of the check'),
        mechanism: mechanism.describe('Mechanism that the check belongs to'),
        rules_out: z.string().describe('Risk that is ruled out when the check passes'),
        found: z.string().describe('Result of the check'),
        passed: z.boolean().describe('`true`: the risk is ruled out'),
        checked_at: z.iso
          .datetime()
          .describe('Time of the check: start of this process, or addition of a shard'),
      }),
    )
    .describe('Checks that this process made of itself and its Redis'),
  workers: z
    .array(
      z.object({
        name: z.string(),
        guard,
        passed: z.boolean().describe('`true`: all of its checks passed'),
        failed_checks: z.array(z.string()).describe('Failed checks, each with its risk'),
        checked_at: z.iso.datetime().describe('Start of the worker'),
      }),
    )
    .describe('Worker processes, which make the same checks'),
  audit: z
    .exactOptional(auditSummarySchema)
    .describe('Latest audit report; absent if the operator has not published one'),
  operator: operatorSchema.describe('Who runs the service, as far as the operator has published it'),
});

/** The retention statement. */
export type RetentionStatement = z.output<typeof retentionSchema>;
