import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import type { ReceiptClaims } from '#contracts/receipt-claims.js';
import type { JobKey } from '#sdk/job-client.js';
import { checkReceipt, fetchReceiptKeys, receiptKeysIn } from '#sdk/receipt-check.js';
import { readToolArguments, inputSchemaOf, outputSchemaOf, pathField, textField } from './mcp-arguments.js';
import { faultFacts, ToolFault } from './mcp-fault.js';
import type { OpenService } from './mcp-service.js';
import type { Tool, ToolAnswer, ToolCall } from './mcp-tool.js';
import { FAULT_REASONS, receiptIn } from './verify.command.js';

/** A receipt and a set of keys are much smaller. */
const MAX_TEXT_BYTES = 64 * 1024;
/** The result is written by then: a call does not wait longer for its receipt. */
const RECEIPT_TIMEOUT_MS = 20_000;

/** A receipt of a job whose signature is valid. */
export interface CheckedReceipt {
  receipt: string;
  claims: ReceiptClaims;
}

/** The receipt of a job, verified with the keys of the service. @throws ToolFault | the signal's reason */
export async function receiptOf(
  { client }: OpenService,
  job: JobKey | undefined,
  signal: AbortSignal,
): Promise<CheckedReceipt> {
  try {
    if (job === undefined) throw new ToolFault('receipt-unavailable', 'The job is not known');
    const limited = AbortSignal.any([signal, AbortSignal.timeout(RECEIPT_TIMEOUT_MS)]);
    const receipt = await client.receipt(job, { signal: limited });
    const verdict = await client.verify(receipt);
    if (verdict.valid) return { receipt, claims: verdict.claims };
    throw new ToolFault('receipt-unavailable', `Its receipt is not valid: ${FAULT_REASONS[verdict.fault]}`);
  } catch (error) {
    signal.throwIfAborted();
    if ((error as Error).name !== 'TimeoutError') throw error;
    throw new ToolFault('receipt-unavailable', `No answer within ${RECEIPT_TIMEOUT_MS / 1000} s`);
  }
}

/** What a result says about its receipt. */
export const receiptSchema = z.object({
  deleted_at: z.string().describe('When the service had deleted all data of the job; signed by the service'),
  receipt_path: z.string().optional(),
});

/** Why there is no receipt, in a sentence. */
export const noReceiptSentence = (error: unknown): string => {
  const { code, message } = faultFacts(error);
  return `The deletion receipt could not be fetched: ${message.replace(/[.\s]+$/, '')} (${code}).`;
};

const fields = {
  receipt_path: pathField('File with a receipt, as `remove_background` saves it').optional(),
  receipt: textField(
    'the text of a receipt',
    'The receipt itself, a compact JWS, in place of `receipt_path`',
  ).optional(),
  jwks_path: pathField(
    'File with the trusted keys, a JSON Web Key Set. Default: the published keys of the service',
  ).optional(),
};

/** Reads a small text file in an allowed folder. @throws ToolFault */
async function smallText(call: ToolCall, argument: string, given: string): Promise<string> {
  const path = await call.folders.file(argument, given);
  const { size } = await stat(path);
  if (size > MAX_TEXT_BYTES)
    throw new ToolFault('invalid-argument', `"${argument}" is larger than ${MAX_TEXT_BYTES} bytes: ${path}`);
  return readFile(path, 'utf8');
}

async function verify(call: ToolCall): Promise<ToolAnswer> {
  const { own } = readToolArguments(fields, false, call.given);
  if ((own.receipt_path === undefined) === (own.receipt === undefined))
    throw new ToolFault('invalid-argument', 'Give either "receipt_path" or "receipt"');
  const text = own.receipt ?? (await smallText(call, 'receipt_path', own.receipt_path ?? ''));
  let keys;
  let source = own.jwks_path;
  if (own.jwks_path === undefined) {
    const { origin } = await call.service.open(call.signal);
    keys = await fetchReceiptKeys({ origin });
    source = `${origin}/.well-known/jwks.json`;
  } else keys = receiptKeysIn(await smallText(call, 'jwks_path', own.jwks_path));
  const verdict = await checkReceipt(receiptIn(text), keys);
  const facts = { valid: verdict.valid, keys: source };
  if (!verdict.valid) {
    const reason = FAULT_REASONS[verdict.fault];
    return {
      text: `NOT VALID: ${reason}. Checked with ${source}.`,
      facts: { ...facts, fault: verdict.fault, reason },
    };
  }
  const { claims } = verdict;
  return {
    text:
      `VALID: job ${claims.jti} of ${claims.iss} ended as ${claims.state}; the service deleted all its data by ` +
      `${claims.purged_at}. Checked with ${source}.`,
    facts: { ...facts, claims },
  };
}

/** Checks a deletion receipt. */
export const verifyReceiptTool: Tool = {
  name: 'verify_receipt',
  title: 'Verify a deletion receipt',
  description:
    'Checks the signature of a deletion receipt: proof by the service that it has deleted an image and its result.',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  inputSchema: inputSchemaOf(fields, 'none'),
  outputSchema: outputSchemaOf(
    z.object({
      valid: z.boolean(),
      keys: z.string().describe('Where the trusted keys come from'),
      fault: z.string().optional().describe('Code of why it is not valid'),
      reason: z.string().optional(),
      claims: z
        .looseObject({ iss: z.string(), jti: z.string(), state: z.string(), purged_at: z.string() })
        .optional(),
    }),
  ),
  run: verify,
};
