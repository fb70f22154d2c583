import { environmentHere } from './host-runtime.js';
import { RemoveBgError } from './removebg-error.js';

/** Where the service is, and who asks. */
export interface ServerAddress {
  /**
   * Address of the service, such as `https://cutouts.example.com`; a path in it is kept. Unless set: in Node the
   * environment's `REMOVEBG_SERVER`, in a page the page's own origin.
   */
  baseUrl?: string | undefined;
  /** The same as `baseUrl`. */
  origin?: string | undefined;
  /** API key, for quotas beyond the anonymous ones. Unless set: in Node the environment's `REMOVEBG_KEY`. */
  apiKey?: string | undefined;
}

const EXAMPLE = 'an address such as http://127.0.0.1:3000 or https://cutouts.example.com';

const refusal = (parameter: string, title: string, accepted: string): RemoveBgError =>
  new RemoveBgError('invalid-argument', { title, parameter, accepted: [accepted] });

/** Origin of the page, or of the page that started this worker; undefined outside of pages. */
function pageOrigin(): string | undefined {
  const { location } = globalThis as { location?: { origin?: string } };
  return location?.origin?.startsWith('http') === true ? location.origin : undefined;
}

/**
 * The address that requests start with, without a slash at its end.
 * @throws RemoveBgError `invalid-argument` when there is none, or it cannot be one
 */
export function baseUrlOf({ baseUrl, origin }: ServerAddress): string {
  if (baseUrl !== undefined && origin !== undefined && baseUrl !== origin) {
    throw refusal('baseUrl', '`baseUrl` and `origin` are two names of one setting and differ', 'one of them');
  }
  const named = baseUrl ?? origin;
  const given = named || environmentHere('REMOVEBG_SERVER') || pageOrigin();
  const setting = named || pageOrigin() !== undefined ? 'baseUrl' : 'baseUrl (or REMOVEBG_SERVER)';
  if (!given) throw refusal(setting, 'The address of the service is missing', EXAMPLE);
  return checkedAddress(given, setting);
}

/** @throws RemoveBgError `invalid-argument` naming the setting */
function checkedAddress(given: unknown, setting: string): string {
  const refuse = (what: string): RemoveBgError =>
    refusal(setting, `The address of the service ${what}`, EXAMPLE);
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw refuse('is not an http or https address');
  if (url.username !== '' || url.password !== '') throw refuse('contains credentials: use `apiKey`');
  if (url.search !== '' || url.hash !== '') throw refuse('has a query or a fragment');
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/** The key to show; undefined for none. @throws RemoveBgError `invalid-argument` for one that no header can carry */
export function apiKeyOf({ apiKey }: ServerAddress): string | undefined {
  const key = (apiKey ?? environmentHere('REMOVEBG_KEY') ?? '').trim();
  if (key === '') return undefined;
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw refusal('apiKey', 'The API key has characters that no key has', 'ASCII without spaces');
  }
  return key;
}
