import { isIPv4, isIPv6, BlockList, type Socket } from 'node:net';
import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { Problem } from '#contracts/problem-catalog.js';
import { sendProblem } from './problem-responses.js';

/** Limits of one coarse network, as a multiple of those of one client. */
export const COARSE_NETWORK_CLIENTS = 4;

const BITS_OF_CLIENT = 64;
const BITS_OF_SITE = 48;
const GROUP_BITS = 16;

/**
 * IPv6 prefixes that embed an IPv4 address: the groups of the prefix, and the group at which the address starts.
 * Mapped (RFC 4291, 2.5.5.2), NAT64 (RFC 6052, 2.1; RFC 8215) and 6to4 (RFC 3056, 2).
 */
const WITH_IPV4: readonly { prefix: readonly number[]; at: number }[] = [
  { prefix: [0, 0, 0, 0, 0, 0xffff], at: 6 },
  { prefix: [0x64, 0xff9b, 0, 0, 0, 0], at: 6 },
  { prefix: [0x64, 0xff9b, 1], at: 6 },
  { prefix: [0x2002], at: 1 },
];

/**
 * The network that counts as one client: an IPv4 address, also one embedded in an IPv6 address, else the /64 of an IPv6
 * address, which is the smallest allocation to one customer.
 */
export const throttleNetwork = (address: string): string => network(address, BITS_OF_CLIENT);

/**
 * The network that counts as one site: the /48 of an IPv6 address, which one customer can have, with 65,536 networks of a
 * client. Together, its clients may use `COARSE_NETWORK_CLIENTS` times the limit of one. An IPv4 address, also an embedded
 * one, is its own coarse network.
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

/** The eight groups of an IPv6 address. Its last four bytes may be written as IPv4. */
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

/** Limits on open connections. */
export interface ConnectionLimits {
  /** In total. */
  max: number;
  /** From one IPv4 address, or one /64 of IPv6. */
  maxPerNetwork: number;
  /** Addresses and CIDRs of trusted proxies, whose connections belong to many clients. */
  proxies: readonly string[];
}

/** Counts open connections or requests per network. */
class NetworkCounter {
  private readonly open = new Map<string, number>();

  constructor(private readonly max: number) {}

  /** Counts one more until the returned function is called once; undefined beyond the limit. */
  acquire(network: string): (() => void) | undefined {
    const count = (this.open.get(network) ?? 0) + 1;
    if (count > this.max) return undefined;
    this.open.set(network, count);
    return () => {
      const left = (this.open.get(network) ?? 1) - 1;
      if (left === 0) this.open.delete(network);
      else this.open.set(network, left);
    };
  }
}

/**
 * Limits the connections of one network: connections beyond the limit are closed at once. For trusted proxies and this
 * machine, only the total limit applies.
 */
export function limitConnections(server: Server, { max, maxPerNetwork, proxies }: ConnectionLimits): void {
  server.maxConnections = max;
  const exempt = exemptOf(proxies);
  const open = new NetworkCounter(maxPerNetwork);
  server.on('connection', (socket: Socket) => {
    const network = throttleNetwork(socket.remoteAddress ?? '');
    if (isExempt(exempt, socket.remoteAddress ?? '', network)) return;
    const release = open.acquire(network);
    if (release === undefined) socket.destroy();
    else socket.once('close', release);
  });
}

/** An IPv4 address may be embedded in an IPv6 one. IPv6 clients are counted by network, but trusted by address. */
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

/** An open request may end at any time. */
const RETRY_AFTER_S = 1;

/**
 * Limits the open requests of one client behind a trusted proxy (429), as connections are limited without a proxy.
 */
export function limitForwardedClients(server: FastifyInstance, maxPerNetwork: number): void {
  const open = new NetworkCounter(maxPerNetwork);
  server.addHook('onRequest', (request, reply, done) => {
    // A connection that was reset has no address.
    const { ip } = request as { ip?: string };
    const network = ip === undefined ? undefined : throttleNetwork(ip);
    if (network === undefined || network === throttleNetwork(request.socket.remoteAddress ?? '')) {
      done();
      return;
    }
    const release = open.acquire(network);
    if (release === undefined) {
      const facts = { limit: maxPerNetwork, unit: 'requests', retryAfterS: RETRY_AFTER_S };
      sendProblem(reply, new Problem('too-many-open-requests', facts));
      return;
    }
    // A response that is pipelined behind another one does not close with its connection.
    const { socket } = request;
    const onClose = (): void => {
      reply.raw.off('close', onClose);
      socket.off('close', onClose);
      release();
    };
    reply.raw.once('close', onClose);
    socket.once('close', onClose);
    done();
  });
}

/**
 * Closes connections that were idle for the keep-alive time, except when a request has arrived and not been read: after a
 * process was suspended, its timers fire before its sockets are read.
 */
export function closeIdleConnections(server: Server): void {
  server.on('timeout', (socket: Socket) => {
    const { bytesRead } = socket;
    setImmediate(() => {
      if (socket.bytesRead === bytesRead) socket.destroy();
    });
  });
}
