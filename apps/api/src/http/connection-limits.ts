import type { Server } from 'node:http';
import { BlockList, isIPv4, isIPv6, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { Problem } from '#contracts/problem.catalogue.js';
import { throttleNetwork } from './client-network.js';
import { sendProblem } from './problem.filter.js';

/** How many connections there may be. */
export interface ConnectionLimits {
  /** In all. */
  max: number;
  /** From one address, or one /64 of IPv6. */
  maxPerNetwork: number;
  /** Addresses and CIDRs of proxies, whose connections belong to many clients. */
  proxies: readonly string[];
}

/**
 * Limits the connections of one address: one beyond the limit is closed at once. For trusted proxies, and this machine
 * itself, only the limit in all counts.
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

/** An open request may end at any moment. */
const RETRY_AFTER_S = 1;

/**
 * Bounds the requests that one client behind a trusted proxy has open at a time, as its connections are bounded where
 * there is no proxy: 429. A proxy's own connections belong to many clients.
 */
export function limitForwardedClients(server: FastifyInstance, maxPerNetwork: number): void {
  const open = new Map<string, number>();
  server.addHook('onRequest', (request, reply, done) => {
    // A connection that was reset in the meantime has no address any more.
    const { ip } = request as { ip?: string };
    const network = ip === undefined ? undefined : throttleNetwork(ip);
    if (network === undefined || network === throttleNetwork(request.socket.remoteAddress ?? '')) {
      done();
      return;
    }
    const count = (open.get(network) ?? 0) + 1;
    if (count > maxPerNetwork) {
      sendProblem(reply, new Problem('too-many-open-requests', { retryAfterS: RETRY_AFTER_S }));
      return;
    }
    open.set(network, count);
    reply.raw.once('close', () => {
      const left = (open.get(network) ?? 1) - 1;
      if (left === 0) open.delete(network);
      else open.set(network, left);
    });
    done();
  });
}

/**
 * Closes connections that were idle for the keep-alive time, but not those on which a request waits to be read: after
 * a process has stood still, its timers fire before its sockets are read.
 */
export function closeIdleConnections(server: Server): void {
  server.on('timeout', (socket: Socket) => {
    const { bytesRead } = socket;
    setImmediate(() => {
      if (socket.bytesRead === bytesRead) socket.destroy();
    });
  });
}
