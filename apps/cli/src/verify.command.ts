import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { ReceiptClaims, ReceiptKeySet } from '#contracts/receipt-claims.js';
import { RemoveBgError } from '#sdk/removebg-error.js';
import { checkReceipt, fetchReceiptKeys, receiptKeysIn, type ReceiptFault } from '#sdk/receipt-check.js';
import type { Arguments } from './argument-reader.js';
import { CommandError, EXIT } from './exit-codes.js';
import type { Terminal } from './remove.command.js';
import { serverOf, textOf } from './run-settings.js';

/** Why a receipt is not valid, in words. */
export const FAULT_REASONS: Readonly<Record<ReceiptFault, string>> = {
  malformed: 'not a compact JWS',
  'wrong-type': 'not a deletion receipt, although it is a signed document',
  'unknown-key': 'signed with a key that is not in this key set (an older key, or another service)',
  'bad-signature': 'the signature does not match: the receipt was changed or forged',
  'bad-claims': 'the signature is valid, but the claims are not those of a deletion receipt',
};

/** Extracts the receipt from a text: the text itself, or the member `receipt` of JSON. */
export function receiptIn(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{')) return trimmed;
  try {
    return String((JSON.parse(trimmed) as { receipt?: unknown }).receipt);
  } catch {
    return '';
  }
}

async function keysFrom(source: string): Promise<ReceiptKeySet> {
  try {
    if (!/^https?:/i.test(source)) return receiptKeysIn(await readFile(source, 'utf8'));
    const answer = await fetch(source, { signal: AbortSignal.timeout(10_000) });
    return receiptKeysIn(await answer.text());
  } catch {
    throw new CommandError(`Cannot read a JSON Web Key Set from ${source}.`);
  }
}

function claimLines(claims: ReceiptClaims): string {
  const { start_within: startS, keep_at_most: keepS } = claims;
  return [
    `  issuer     ${claims.iss}`,
    `  job        ${claims.jti}`,
    `  accepted   ${claims.accepted_at}, ${claims.input_bytes} bytes`,
    `  ended      ${claims.state} ${claims.ended_at}, result of ${claims.output_bytes} bytes`,
    `  deleted    ${claims.purged_at}, ${claims.keys_removed} stored payloads deleted`,
    ...(startS === undefined ? [] : [`  promised   to start within ${startS} s`]),
    ...(keepS === undefined ? [] : [`  promised   to keep the result for ${keepS} s at most`]),
    `  signed     ${new Date(claims.iat * 1000).toISOString()}`,
  ].join('\n');
}

/** `removebg verify FILE|-`. Returns the exit code. @throws CommandError if the receipt cannot be checked */
export async function verifyCommand(args: Arguments, terminal: Terminal): Promise<number> {
  const [, file, ...more] = args.words;
  if (file === undefined || more.length > 0)
    throw new CommandError('Name one receipt: removebg verify receipt.jws');
  const content = await (file === '-' ? text(terminal.stdin) : readFile(file, 'utf8')).catch(() => {
    throw new CommandError(`Cannot read ${file}.`);
  });
  const origin = serverOf(args, terminal.env);
  const jwks = textOf(args, 'jwks');
  const keys =
    jwks === undefined
      ? await fetchReceiptKeys({ origin }).catch((error: unknown) => {
          const why = error instanceof RemoveBgError ? error.code : 'no key set';
          throw new CommandError(
            `Cannot fetch the keys of ${origin} (${why}). Use --jwks to name a key set.`,
          );
        })
      : await keysFrom(jwks);
  const result = await checkReceipt(receiptIn(content), keys);
  const source = jwks ?? `${origin}/.well-known/jwks.json`;
  if (args.values.get('json') === true)
    terminal.stdout.write(`${JSON.stringify({ ...result, keys: source })}\n`);
  else {
    const head = `${result.valid ? 'VALID' : 'NOT VALID'}  checked with the keys of ${source}`;
    const rest = result.valid ? claimLines(result.claims) : `  ${FAULT_REASONS[result.fault]}`;
    terminal.stdout.write(`${head}\n${rest}\n`);
  }
  return result.valid ? EXIT.done : EXIT.failed;
}
