import { createHash } from 'node:crypto';

/** An address and what it is called. */
export interface NamedAddress {
  name: string;
  url: string;
}

const NAMED = /^([a-z0-9-]{1,16})=(.+)$/;
const DERIVED_CHARACTERS = 8;

/**
 * Reads `name=url,name=url`. An address without a name gets one that follows from it, without its credentials, so that
 * neither its place in the list nor a new password changes what it is called. Undefined when an address is none, has
 * another protocol than those given, or when two have one name.
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
  return { name: name ?? derivedName(protocol + host + pathname), url };
}

const derivedName = (place: string): string =>
  createHash('sha256').update(place).digest('hex').slice(0, DERIVED_CHARACTERS);
