import fc from 'fast-check';
import { coarseNetwork, throttleNetwork } from '../../../apps/api/src/http/connection-limits.js';

describe('throttleNetwork and coarseNetwork', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::1', '2001:db8:1:2::/64'],
    ['::ffff:cb00:7109', '203.0.113.9'],
    ['64:ff9b::203.0.113.9', '203.0.113.9'],
    ['64:ff9b::cb00:7109', '203.0.113.9'],
    ['64:ff9b:1::cb00:7109', '203.0.113.9'],
    ['64:ff9b:1:aaaa:bbbb:cccc:203.0.113.9', '203.0.113.9'],
    ['64:ff9b:2::cb00:7109', '64:ff9b:2:0::/64'],
    ['2002:cb00:7109:1::5', '203.0.113.9'],
    ['2002:cb00:7109:ffff:1:2:3:4', '203.0.113.9'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('given %s, then it is %s', (address, network) => {
    expect(throttleNetwork(address)).toBe(network);
  });

  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['64:ff9b::cb00:7109', '203.0.113.9'],
    ['2002:cb00:7109:1::5', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['2001:db8:1:ffff::9', '2001:db8:1::/48'],
    ['2001:db8:2::9%eth0', '2001:db8:2::/48'],
  ])('given %s, then its coarse network is %s', (address, network) => {
    expect(coarseNetwork(address)).toBe(network);
  });

  it('given any two addresses of one /64, when they are compared, then their network is the same', () => {
    const hex = fc.integer({ min: 0, max: 0xffff }).map((n) => n.toString(16));
    const half = fc.array(hex, { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(half, half, half, (network, a, b) => {
        expect(throttleNetwork([...network, ...a].join(':'))).toBe(
          throttleNetwork([...network, ...b].join(':')),
        );
      }),
    );
  });
});
