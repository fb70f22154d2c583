import { environmentVariable } from './host-runtime.js';
import { RemoveBgError } from './removebg-error.js';

/** Address of the service, and the API key. */
export interface ServerAddress {
  /**
   * Address of the service, such as `https://cutouts.example.com`; may include a path. Default: the environment variable
   * `REMOVEBG_SERVER`, otherwise the origin of the page.
   */
  baseUrl?: string | undefined;
  /** Alias of `baseUrl`. */
  origin?: string | undefined;
  /** API key, for higher limits. Default: the environment variable `REMOVEBG_KEY`. Never use one in a web page. */
  apiKey?: string | undefined;
}

const EXAMPLE = 'an address such as http://127.0.0.1:3000 or https://cutouts.example.com';

const refusal = (parameter: string, title: string, accepted: string): RemoveBgError =>
  new RemoveBgError('invalid-argument', { title, parameter, accepted: [accepted] });

/** Origin of the page or worker; undefined outside a browser. */
function pageOrigin(): string | undefined {
  const { location } = globalThis as { location?: { origin?: string } };
  return location?.origin?.startsWith('http') === true ? location.origin : undefined;
}

/** The base URL of requests, without a trailing slash. @throws RemoveBgError `invalid-argument` if missing or invalid */
export function baseUrlOf({ baseUrl, origin }: ServerAddress): string {
  if (baseUrl !== undefined && origin !== undefined && baseUrl !== origin) {
    throw refusal(
      'baseUrl',
      '`baseUrl` and `origin` are names of the same setting and differ',
      'one of the two',
    );
  }
  const named = baseUrl ?? origin;
  const given = named || environmentVariable('REMOVEBG_SERVER') || pageOrigin();
  const setting = named || pageOrigin() !== undefined ? 'baseUrl' : 'baseUrl (or REMOVEBG_SERVER)';
  if (!given) throw refusal(setting, 'The address of the service is missing', EXAMPLE);
  return checkedAddress(given, setting);
}

/** @throws RemoveBgError `invalid-argument` with the name of the setting */
function checkedAddress(given: unknown, setting: string): string {
  const refuse = (what: string): RemoveBgError =>
    refusal(setting, `The address of the service ${what}`, EXAMPLE);
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw refuse('is not an http or https address');
  if (url.username !== '' || url.password !== '') throw refuse('contains credentials: use `apiKey`');
  if (url.search !== '' || url.hash !== '') throw refuse('has a query or a fragment');
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/** The API key, if any. @throws RemoveBgError `invalid-argument` for characters that an HTTP header cannot carry */
export function apiKeyOf({ apiKey }: ServerAddress): string | undefined {
  const key = (apiKey ?? environmentVariable('REMOVEBG_KEY') ?? '').trim();
  if (key === '') return undefined;
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw refusal('apiKey', 'The API key contains invalid characters', 'ASCII without spaces');
  }
  return key;
}
