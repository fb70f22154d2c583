/** `npm run receipts -- verify FILE|-`: checks a deletion receipt, built first when needed. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { addressOf } from './readiness.mjs';
import { LauncherError, runCommand, say } from './report.mjs';
import { readSettings } from './settings.reader.mjs';
import { BUILD_STEPS, setUp } from './setup.steps.mjs';

const HELP = `npm run receipts -- verify FILE|- [--jwks URL|FILE]

Checks a deletion receipt: its form, its signature, and what it states. FILE holds the receipt as the service gave
it (a compact JWS, or JSON with a member "receipt"); - reads it from the standard input.

  --jwks URL|FILE   keys to trust (default: /.well-known/jwks.json of PUBLIC_URL, or of the service on this machine)

Take the keys from the service itself or from a copy you made; never from whoever hands you the receipt.

Exit codes: 0 valid, 1 not valid, 2 not checked (wrong usage, or receipt or keys cannot be had)`;

const EXIT_INVALID = 1;
const EXIT_USAGE = 2;
const FETCH_LIMIT_MS = 10_000;

/** @type {Record<import('#crypto/receipt-verifier.js').ReceiptFault, string>} */
const REASONS = {
  malformed: 'it is no compact JWS',
  'wrong-type': 'it is signed, but is no deletion receipt',
  'unknown-key': 'it was signed with a key that is not among these (rotated, or of another service or start)',
  'bad-signature': 'the signature does not belong to it: it was changed, or signed by somebody else',
  'bad-claims': 'it is signed, but does not state what a receipt states, and only that',
};

/**
 * @typedef {object} Wish
 * @property {string} file `-` is the standard input
 * @property {string | undefined} jwks
 */

/**
 * @param {string[]} args
 * @returns {Wish}
 */
function wishOf(args) {
  const [verb, ...rest] = args;
  const at = rest.indexOf('--jwks');
  const [, jwks] = at < 0 ? [] : rest.splice(at, 2);
  const [file, ...more] = rest;
  const isOption = file !== undefined && file !== '-' && file.startsWith('-');
  if (verb !== 'verify' || file === undefined || isOption || more.length > 0 || (at >= 0 && !jwks)) {
    throw new LauncherError(HELP, EXIT_USAGE);
  }
  return { file, jwks };
}

/**
 * npm runs scripts in the repository's top folder; names of files are meant from where the user is.
 * @param {string} file
 */
function textOf(file) {
  try {
    return readFileSync(file === '-' ? 0 : resolve(process.env['INIT_CWD'] ?? '.', file), 'utf8').trim();
  } catch {
    throw new LauncherError(`${file} cannot be read.`, EXIT_USAGE);
  }
}

/** @param {string} text */
function receiptIn(text) {
  if (!text.startsWith('{')) return text;
  try {
    return String(JSON.parse(text).receipt);
  } catch {
    return '';
  }
}

/** Where this machine's service publishes its keys. */
async function ownKeys() {
  const { PUBLIC_URL, HOST, PORT } = await readSettings();
  return new URL('/.well-known/jwks.json', PUBLIC_URL ?? addressOf(HOST, PORT)).href;
}

/**
 * @param {string} source address or file
 * @returns {Promise<import('#contracts/receipt-claims.js').ReceiptKeySet>}
 */
async function keysFrom(source) {
  const { receiptKeySetSchema } = await import('#contracts/receipt-claims.js');
  try {
    return receiptKeySetSchema.parse(
      /^https?:/.test(source) ? await fetched(source) : JSON.parse(textOf(source)),
    );
  } catch (error) {
    if (error instanceof LauncherError) throw error;
    throw new LauncherError(`No keys of receipts (a JSON Web Key Set) at ${source}.`, EXIT_USAGE);
  }
}

/** @param {string} address */
async function fetched(address) {
  const answer = await fetch(address, { signal: AbortSignal.timeout(FETCH_LIMIT_MS) });
  return answer.json();
}

/** @param {import('#contracts/receipt-claims.js').ReceiptClaims} claims */
function tell(claims) {
  const end = `${claims.state} ${claims.ended_at}`;
  say(`  issuer     ${claims.iss}`);
  say(`  job        ${claims.jti}`);
  if (claims.region !== undefined) say(`  region     ${claims.region}`);
  say(`  accepted   ${claims.accepted_at}, ${claims.input_bytes} bytes`);
  say(`  end        ${end}, result of ${claims.output_bytes} bytes`);
  say(`  purged     ${claims.purged_at}, ${claims.keys_removed} stored payloads removed`);
  say(`  signed     ${new Date(claims.iat * 1000).toISOString()}`);
}

/** @param {Wish} wish */
async function verify({ file, jwks }) {
  const receipt = receiptIn(textOf(file));
  const source = jwks ?? (await ownKeys());
  const keys = await keysFrom(source);
  const { verifyReceipt } = await import('#crypto/receipt-verifier.js');
  const verdict = await verifyReceipt(receipt, keys);
  say(`${verdict.valid ? 'VALID' : 'NOT VALID'}  checked with the keys of ${source}`);
  if (verdict.valid) tell(verdict.claims);
  else say(`  ${REASONS[verdict.fault]}`);
  return verdict.valid ? 0 : EXIT_INVALID;
}

await runCommand(async () => {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) return say(HELP);
  const wish = wishOf(args);
  await setUp(BUILD_STEPS);
  return verify(wish);
});
