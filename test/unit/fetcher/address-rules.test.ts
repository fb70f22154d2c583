import fc from 'fast-check';
import { isPublicAddress } from '#fetcher/address-rules.js';

/** Addresses just outside what is special, and some well-known hosts. */
const PUBLIC = [
  ...['1.0.0.0', '1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0'],
  ...['126.255.255.255', '128.0.0.0', '168.63.129.15', '168.63.129.17', '169.253.255.255', '169.255.0.0'],
  ...['172.15.255.255', '172.32.0.0', '192.0.1.0', '192.0.3.0', '192.88.98.255', '192.167.255.255'],
  ...['192.169.0.0', '198.17.255.255', '198.20.0.0', '198.51.99.255', '203.0.112.255', '203.0.114.0'],
  ...['223.255.255.255', '2606:4700:4700::1111', '2001:200::1', '2001:4860:4860::8888', '2001:db7::1'],
  ...['2001:db9::1', '2003::1', '2A00:1450:4001::1', '3fff:1000::1', '2620:4f:8001::1'],
];

const SPECIAL_V4 = [
  ...['0.0.0.0', '0.255.255.255', '10.0.0.0', '10.255.255.255', '100.64.0.0', '100.100.100.200'],
  ...['100.127.255.255', '127.0.0.1', '127.255.255.255', '168.63.129.16', '169.254.169.254'],
  ...['172.16.0.0', '172.31.255.255', '192.0.0.0', '192.0.0.192', '192.0.2.1', '192.31.196.1'],
  ...['192.52.193.1', '192.88.99.1', '192.168.0.0', '192.168.255.255', '192.175.48.1', '198.18.0.0'],
  ...['198.19.255.255', '198.51.100.7', '203.0.113.7', '224.0.0.1', '239.255.255.250', '240.0.0.1'],
  ...['255.255.255.254', '255.255.255.255'],
];

const SPECIAL_V6 = [
  ...['::', '::1', '0:0:0:0:0:0:0:1', '0000:0000:0000:0000:0000:0000:0000:0001', '::127.0.0.1', '::8.8.8.8'],
  ...['::ffff:127.0.0.1', '::FFFF:7f00:1', '::ffff:8.8.8.8', '::ffff:0:127.0.0.1', '0:0:0:0:0:ffff:0a00:1'],
  ...['64:ff9b::10.0.0.1', '64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::1', '64:ff9b:1:ffff::a00:1'],
  ...['100::1', '100:0:0:1::1', '1fff:ffff::1', '2001::1', '2001:0:7f00:1::', '2001:2::1', '2001:3::1'],
  ...['2001:4:112::1', '2001:10::1', '2001:1f:ffff::1', '2001:20::1', '2001:30::1', '2001:1ff:ffff::1'],
  ...['2001:db8::1', '2001:db8:ffff::1', '2002::1', '2002:7f00:1::1', '2002:a00:1::', '2002:808:808::1'],
  ...['2620:4f:8000::1', '3fff::1', '3fff:fff::1', '4000::1', '5f00::1', 'fc00::1', 'fd00:ec2::254'],
  ...['fdff:ffff::1', 'fe80::1', 'fe80::1%eth0', 'febf::1', 'fec0::1', 'ff02::1', 'ffff::1'],
];

/** Forms that some resolvers take for an address, and zone ids on addresses that would be public. */
const NOT_ADDRESSES = [
  ...[
    '',
    ' ',
    '8.8.8',
    '8.8.8.8.',
    '8.8.8.8 ',
    ' 8.8.8.8',
    '08.8.8.8',
    '010.8.8.8',
    '8.8.8.256',
    '0x8.8.8.8',
  ],
  ...['134744072', '0x08080808', '017700000001', '127.1', '0x7f.1', '8.8.8.8/32', '8.8.8.8:80', '٨.٨.٨.٨'],
  ...['[2606:4700:4700::1111]', '2606:4700:4700::1111%eth0', '2606:4700:4700::1111%25eth0', '2606::4700::1'],
  ...['2606:4700:4700::11111', '2606:4700:4700:1', 'localhost', 'example.com', '1.1.1.1\0', '1.1.1.1%1'],
];

/** The same decision, made on numbers. */
function isSpecial(ip: number): boolean {
  const within = (network: number, bits: number): boolean => ip >>> (32 - bits) === network >>> (32 - bits);
  const of = (a: number, b = 0, c = 0, d = 0): number => ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  const sized = (bits: number, ...list: number[]): [number, number][] =>
    list.map((network) => [network, bits]);
  const networks = [
    ...sized(3, of(224)),
    ...sized(8, of(0), of(10), of(127)),
    ...sized(10, of(100, 64)),
    ...sized(12, of(172, 16)),
    ...sized(15, of(198, 18)),
    ...sized(16, of(169, 254), of(192, 168)),
    ...sized(24, of(192), of(192, 0, 2), of(192, 31, 196), of(192, 52, 193), of(192, 88, 99)),
    ...sized(24, of(192, 175, 48), of(198, 51, 100), of(203, 0, 113)),
    ...sized(32, of(168, 63, 129, 16)),
  ];
  return networks.some(([network, bits]) => within(network, bits));
}

const quad = (ip: number): string => [24, 16, 8, 0].map((shift) => (ip >>> shift) & 255).join('.');
const group = fc.integer({ min: 0, max: 0xffff });
const uint = fc.integer({ min: 0, max: 0xffffffff });

describe('whether an address is one host on the public internet', () => {
  it.each(PUBLIC)('given %s, then it is', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([...SPECIAL_V4, ...SPECIAL_V6])('given %s, then it is not', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(NOT_ADDRESSES)('given %j, which is no address, then it is not', (text) => {
    expect(isPublicAddress(text)).toBe(false);
  });

  it('given any IPv4 address, when it is judged, then the answer is that of the registry', () => {
    const near = fc
      .tuple(fc.constantFrom(...SPECIAL_V4), fc.integer({ min: -2, max: 2 }))
      .map(([text, step]) => {
        const ip = text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
        return (ip + step + 2 ** 32) % 2 ** 32;
      });
    fc.assert(
      fc.property(fc.oneof(uint, near), (ip) => {
        expect(isPublicAddress(quad(ip))).toBe(!isSpecial(ip));
      }),
      { numRuns: 2000 },
    );
  });

  it('given any IPv4 address, when it is written into an IPv6 one, then that is never public', () => {
    fc.assert(
      fc.property(uint, group, (ip, rest) => {
        const [high, low] = [(ip >>> 16).toString(16), (ip & 0xffff).toString(16)];
        for (const text of [
          ...[`::ffff:${quad(ip)}`, `::ffff:${high}:${low}`, `::${quad(ip)}`, `64:ff9b::${quad(ip)}`],
          ...[
            `64:ff9b:1::${high}:${low}`,
            `2002:${high}:${low}::${rest.toString(16)}`,
            `2001::${high}:${low}`,
          ],
        ]) {
          expect(isPublicAddress(text)).toBe(false);
        }
      }),
    );
  });

  it('given any IPv6 address outside 2000::/3, when it is judged, then it is not public', () => {
    const groups = fc.array(group, { minLength: 7, maxLength: 7 });
    fc.assert(
      fc.property(group, groups, (first, rest) => {
        fc.pre(first >>> 13 !== 1);
        expect(isPublicAddress([first, ...rest].map((n) => n.toString(16)).join(':'))).toBe(false);
      }),
    );
  });

  it('given any text, when it is judged, then there is an answer, and it is no for what is no address', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!/^[\da-fA-F.:]+$/.test(text));
        expect(isPublicAddress(text)).toBe(false);
      }),
    );
  });
});
