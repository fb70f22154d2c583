import { createHash } from 'node:crypto';
import { isIP } from 'node:net';

/** A named address. */
export interface NamedAddress {
  name: string;
  url: string;
}

const NAMED = /^([a-z0-9-]{1,16})=(.+)$/;
const DERIVED_CHARACTERS = 8;

/**
 * Parses `name=url,name=url`. An address without a name gets one derived from it without its credentials, so that its position
 * in the list and a new password do not change the name. Undefined when an address is invalid or has another protocol, or when
 * two have the same name.
 */
export function namedAddresses(text: string, protocols: readonly string[]): NamedAddress[] | undefined {
  const found = text.split(',').map((entry) => readEntry(entry.trim(), protocols));
  const named = found.filter((entry) => entry !== undefined);
  const names = new Set(named.map(({ name }) => name));
  return names.size === found.length ? named : undefined;
}

function readEntry(entry: string, protocols: readonly string[]): NamedAddress | undefined {
  const [, name, rest] = NAMED.exec(entry) ?? [];
  const url = rest ?? entry;
  if (!URL.canParse(url)) return undefined;
  const { protocol, host, pathname } = new URL(url);
  if (!protocols.includes(protocol)) return undefined;
  if (!/^https?:$/.test(protocol) && !isRedisAddress(url)) return undefined;
  return { name: name ?? derivedName(protocol + host + pathname), url };
}

const derivedName = (place: string): string =>
  createHash('sha256').update(place).digest('hex').slice(0, DERIVED_CHARACTERS);

/** True for the address of a Redis: `redis://HOST:PORT`, `rediss://HOST:PORT`, `unix:///PATH`, with or without a user. */
export function isRedisAddress(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, pathname } = new URL(url);
  if (protocol === 'unix:') return hostname === '' && /^\/./.test(pathname);
  // The service uses database 0 only.
  return /^rediss?:$/.test(protocol) && hostname !== '' && /^\/?0?$/.test(pathname);
}

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/** True for an IP address, or a host name: its last label is not a number. */
export function isHost(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const labels = text.split('.');
  return (
    text.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '')
  );
}

/** True for an IP address or a CIDR. A CIDR of 0 bits, the whole internet, is refused. */
export function isAddressOrCidr(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return (
    bits === undefined ||
    (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= (family === 4 ? 32 : 128))
  );
}
