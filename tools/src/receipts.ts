/** `npm run receipts -- verify FILE|-`: verifies a deletion receipt. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { receiptKeySetSchema, type ReceiptClaims, type ReceiptKeySet } from '#contracts/receipt-claims.js';
import { verifyReceipt, type ReceiptFault } from '#crypto/receipt-verifier.js';
import { readArguments } from './arguments.js';
import { originOf } from './readiness.js';
import { EXIT_USAGE, runCommand, say, ToolError } from './report.js';
import { readSettings } from './setting-options.js';

const EXIT_INVALID = 1;
const FETCH_LIMIT_MS = 10_000;

const REASONS: Readonly<Record<ReceiptFault, string>> = {
  malformed: 'it is not a compact JWS',
  'wrong-type': 'it is signed, but it is not a deletion receipt',
  'unknown-key':
    'none of these keys has signed it (the key was rotated, or belongs to another service or start)',
  'bad-signature': 'the signature does not match: the receipt was changed or signed with another key',
  'bad-claims': 'it is signed, but its claims are not those of a receipt',
};

/** Reads a file, relative to the folder of the user: npm runs scripts in the root of the repository. */
function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : resolve(process.env['INIT_CWD'] ?? '.', file), 'utf8').trim();
  } catch {
    throw new ToolError(`${file} cannot be read.`, EXIT_USAGE);
  }
}

/** The compact JWS in a text, which may be JSON with a member `receipt`; empty for other JSON. */
function receiptIn(text: string): string {
  if (!text.startsWith('{')) return text;
  try {
    return String((JSON.parse(text) as { receipt?: unknown }).receipt);
  } catch {
    return '';
  }
}

/** Where the service on this machine publishes its keys. */
function ownKeys(): string {
  const { PUBLIC_URL, HOST, PORT } = readSettings();
  return new URL('/.well-known/jwks.json', PUBLIC_URL ?? originOf(HOST, PORT)).href;
}

/** @param source URL or file */
async function readKeys(source: string): Promise<ReceiptKeySet> {
  try {
    const isUrl = /^https?:/.test(source);
    return receiptKeySetSchema.parse(isUrl ? await fetchJson(source) : JSON.parse(readText(source)));
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError(`There is no JSON Web Key Set with receipt keys at ${source}.`, EXIT_USAGE);
  }
}

const fetchJson = async (url: string): Promise<unknown> =>
  (await fetch(url, { signal: AbortSignal.timeout(FETCH_LIMIT_MS) })).json();

function printClaims(claims: ReceiptClaims): void {
  say(`  issuer     ${claims.iss}`);
  say(`  job        ${claims.jti}`);
  if (claims.region !== undefined) say(`  region     ${claims.region}`);
  say(`  accepted   ${claims.accepted_at}, ${claims.input_bytes} bytes`);
  say(`  end        ${claims.state} ${claims.ended_at}, result of ${claims.output_bytes} bytes`);
  say(`  purged     ${claims.purged_at}, ${claims.keys_removed} stored payloads removed`);
  say(`  signed     ${new Date(claims.iat * 1000).toISOString()}`);
}

await runCommand(async () => {
  const { values, positionals } = readArguments({ jwks: { type: 'string' } }, { hasPositionals: true });
  const [verb, file, ...more] = positionals;
  if (verb !== 'verify' || file === undefined || more.length > 0) {
    throw new ToolError('usage: npm run receipts -- verify FILE|- [--jwks URL|FILE]', EXIT_USAGE);
  }
  const receipt = receiptIn(readText(file));
  const source = typeof values['jwks'] === 'string' ? values['jwks'] : ownKeys();
  const verdict = await verifyReceipt(receipt, await readKeys(source));
  say(`${verdict.valid ? 'VALID' : 'NOT VALID'}  checked with the keys of ${source}`);
  if (verdict.valid) printClaims(verdict.claims);
  else say(`  ${REASONS[verdict.fault]}`);
  return verdict.valid ? 0 : EXIT_INVALID;
});
