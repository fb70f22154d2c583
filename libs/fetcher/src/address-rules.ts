import { BlockList, isIP } from 'node:net';

/**
 * IPv4 networks outside the public internet: IANA's IPv4 Special-Purpose Address Registry (RFC 6890, including those it calls
 * globally reachable), multicast, reserved blocks, and the metadata address of Azure.
 */
const SPECIAL_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/**
 * The block of global unicast addresses (RFC 4291 §2.4). It excludes loopback, unique local, link-local and multicast, and all
 * forms of IPv4 in IPv6 except 6to4 and Teredo: mapped, compatible, translated (64:ff9b::/96, 64:ff9b:1::/48).
 */
const GLOBAL_V6 = ['2000::/3'];

/**
 * Special-purpose networks in that block (IANA's IPv6 registry): protocol assignments with Teredo, benchmarks and ORCHID,
 * documentation, 6to4, AS112.
 */
const SPECIAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'];

function networks(type: 'ipv4' | 'ipv6', list: readonly string[]): BlockList {
  const block = new BlockList();
  for (const network of list) {
    const [address = '', bits] = network.split('/');
    block.addSubnet(address, Number(bits), type);
  }
  return block;
}

const specialV4 = networks('ipv4', SPECIAL_V4);
const globalV6 = networks('ipv6', GLOBAL_V6);
const specialV6 = networks('ipv6', SPECIAL_V6);

/**
 * True when `text` is the address of one host on the public internet. False for notations other than RFC 4291's and four
 * decimal numbers, for zone ids, and for IPv4 addresses in IPv6.
 */
export function isPublicAddress(text: string): boolean {
  if (text.includes('%')) return false;
  const family = isIP(text);
  if (family === 4) return !specialV4.check(text, 'ipv4');
  return family === 6 && globalV6.check(text, 'ipv6') && !specialV6.check(text, 'ipv6');
}
