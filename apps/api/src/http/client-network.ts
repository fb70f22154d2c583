import { isIPv4, isIPv6 } from 'node:net';

/** How many times what one client may have all clients of one coarse network may have together. */
export const COARSE_NETWORK_CLIENTS = 4;

const BITS_OF_CLIENT = 64;
const BITS_OF_SITE = 48;
const GROUP_BITS = 16;

/**
 * IPv6 prefixes with an IPv4 address inside: the groups of the prefix, and the group in which the address starts.
 * Mapped (RFC 4291, 2.5.5.2), NAT64 (RFC 6052, 2.1; RFC 8215) and 6to4 (RFC 3056, 2).
 */
const WITH_IPV4: readonly { prefix: readonly number[]; at: number }[] = [
  { prefix: [0, 0, 0, 0, 0, 0xffff], at: 6 },
  { prefix: [0x64, 0xff9b, 0, 0, 0, 0], at: 6 },
  { prefix: [0x64, 0xff9b, 1], at: 6 },
  { prefix: [0x2002], at: 1 },
];

/**
 * The network that counts as one client: an IPv4 address itself, also where an IPv6 address only carries it, else the
 * /64 of an IPv6 address (one customer has at least that much).
 */
export const throttleNetwork = (address: string): string => network(address, BITS_OF_CLIENT);

/**
 * The network that counts as one site: the /48 of an IPv6 address, which one customer can have whole, with 65,536
 * networks of one client inside. Its clients together may have `COARSE_NETWORK_CLIENTS` times what one may. An IPv4
 * address, also a carried one, is its own coarse network.
 */
export const coarseNetwork = (address: string): string => network(address, BITS_OF_SITE);

function network(address: string, bits: number): string {
  const bare = address.split('%', 1)[0] ?? '';
  if (!isIPv6(bare)) return address;
  const groups = groupsOf(bare);
  const embedded = WITH_IPV4.find(({ prefix }) => prefix.every((group, i) => groups[i] === group));
  if (embedded !== undefined) return ipv4Of(groups.slice(embedded.at, embedded.at + 2));
  const kept = groups.slice(0, bits / GROUP_BITS).map((group) => group.toString(16));
  return `${kept.join(':')}::/${bits}`;
}

const ipv4Of = (groups: readonly number[]): string =>
  groups.flatMap((group) => [group >> 8, group & 0xff]).join('.');

/** The eight groups of an IPv6 address; its last four bytes may be written as IPv4. */
function groupsOf(address: string): number[] {
  const [before = [], tail] = address.split('::').map(parseGroups);
  if (tail === undefined) return before;
  return [...before, ...new Array<number>(8 - before.length - tail.length).fill(0), ...tail];
}

function parseGroups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!isIPv4(part)) return [parseInt(part, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}
