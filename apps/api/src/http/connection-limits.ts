import type { Server } from 'node:http';
import { BlockList, isIPv4, isIPv6, type Socket } from 'node:net';
import { throttleNetwork } from './client-network.js';

/** How many connections there may be. */
export interface ConnectionLimits {
  /** In all. */
  max: number;
  /** From one address, or one /64 of IPv6. */
  maxPerNetwork: number;
  /** Addresses and CIDRs of proxies, whose connections are those of many. */
  proxies: readonly string[];
}

/**
 * Holds connections of one address down, so that it cannot take them all: one too many is closed as it comes. Proxies
 * that are trusted, and this machine itself, are bounded by the whole alone.
 */
export function limitConnections(server: Server, { max, maxPerNetwork, proxies }: ConnectionLimits): void {
  server.maxConnections = max;
  const exempt = exemptOf(proxies);
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const network = throttleNetwork(socket.remoteAddress ?? '');
    if (isExempt(exempt, socket.remoteAddress ?? '', network)) return;
    const count = (open.get(network) ?? 0) + 1;
    if (count > maxPerNetwork) {
      socket.destroy();
      return;
    }
    open.set(network, count);
    socket.once('close', () => {
      const left = (open.get(network) ?? 1) - 1;
      if (left === 0) open.delete(network);
      else open.set(network, left);
    });
  });
}

/** An IPv4 address may come written as IPv6; a true IPv6 client is counted by its network, but trusted by its address. */
function isExempt(exempt: BlockList, address: string, network: string): boolean {
  if (isIPv4(network)) return exempt.check(network, 'ipv4');
  const bare = address.split('%', 1)[0] ?? '';
  return isIPv6(bare) && exempt.check(bare, 'ipv6');
}

function exemptOf(proxies: readonly string[]): BlockList {
  const list = new BlockList();
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addAddress('::1', 'ipv6');
  for (const proxy of proxies) {
    const [address = '', bits] = proxy.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
