import fc from 'fast-check';
import { Problem } from '#contracts/problem-catalog.js';
import { isPublicAddress } from '#fetcher/address-rules.js';
import { MAX_URL_CHARACTERS, readImageUrl, type ImageUrl } from '#fetcher/url-rules.js';

const policy = { ports: [80, 443], allows: isPublicAddress };

/** What becomes of an address: its parts, or the code it is turned down with. */
function read(text: string, base?: string): ImageUrl | string {
  try {
    return readImageUrl(text, policy, base);
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
}

describe('the address of an image', () => {
  it.each<[string, Partial<ImageUrl>]>([
    ['https://example.com/a.jpg?b=c#d', { secure: true, host: 'example.com', family: 0, port: 443 }],
    ['HTTP://EXAMPLE.com:80/a', { secure: false, port: 80, authority: 'example.com', path: '/a' }],
    ['http://example.com:443/', { secure: false, port: 443, authority: 'example.com:443' }],
    ['https://8.8.8.8/', { family: 4, host: '8.8.8.8' }],
    ['https://[2606:4700:4700:0::1111]/', { family: 6, host: '2606:4700:4700::1111' }],
    ['https://bücher.example.com/ä', { host: 'xn--bcher-kva.example.com', path: '/%C3%A4' }],
  ])('given %s, then it is taken apart as WHATWG says', (text, parts) => {
    expect(read(text)).toMatchObject(parts);
    expect((read(text) as ImageUrl).text).not.toContain('#');
  });

  it.each([
    ...[
      '',
      'example.com/a.jpg',
      '//example.com/a',
      'ftp://example.com/',
      'file:///etc/passwd',
      'data:image/png,a',
    ],
    ...[
      'blob:https://example.com/a',
      'javascript:1',
      'gopher://example.com/',
      'http://',
      'http://?',
      'https:///',
    ],
    ...[
      'http://user@example.com/',
      'http://user:pw@example.com/',
      'http://:pw@example.com/',
      'http://a b.com/',
    ],
    ...[
      'http://example.com/\r\nHost: x',
      'http://exam\tple.com/',
      ' http://example.com/',
      'http://1.2.3.4.5/',
    ],
    ...['http://example.com:99999/', 'http://[::1', 'http://[fe80::1%25eth0]/', 'http://256.1.1.1/'],
    `http://example.com/${'a'.repeat(MAX_URL_CHARACTERS)}`,
  ])('given %j, then it is invalid', (text) => {
    expect(read(text)).toBe('image-url-invalid');
  });

  it.each([
    ...[
      'http://127.0.0.1/',
      'http://2130706433/',
      'http://0x7f.1/',
      'http://0x7f000001/',
      'http://0177.0.0.1/',
    ],
    ...[
      'http://017700000001/',
      'http://127.1/',
      'http://127.0.0.1./',
      'http://127。0。0。1/',
      'http://①②⑦.0.0.1/',
    ],
    ...['http://%31%32%37.0.0.1/', 'http://0/', 'http://0.0.0.0/', 'http://10.1.2.3/', 'http://192.168.0.1/'],
    ...['http://169.254.169.254/latest/meta-data/', 'http://0xa9fea9fe/', 'http://2852039166/'],
    ...['http://[::1]/', 'http://[::]/', 'http://[::ffff:127.0.0.1]/', 'http://[::ffff:a9fe:a9fe]/'],
    ...[
      'http://[64:ff9b::7f00:1]/',
      'http://[2002:7f00:1::]/',
      'http://[fd00:ec2::254]/',
      'http://[fe80::1]/',
    ],
  ])('given %s, an address that is not public, then it is refused', (text) => {
    expect(read(text)).toBe('image-url-refused');
  });

  it.each([
    ...[
      'http://localhost/',
      'http://LOCALHOST/',
      'http://localhost./',
      'http://a.localhost/',
      'http://redis/',
    ],
    ...[
      'http://metadata.google.internal/',
      'http://printer.local/',
      'http://router.lan/',
      'http://nas.home.arpa/',
    ],
    ...[
      'http://example.com./',
      'http://example..com/',
      'http://.com/',
      'http://db.localdomain/',
      'http://a.onion/',
    ],
    ...['http://intranet.corp/', 'http://ｌｏｃａｌｈｏｓｔ/'],
  ])('given %s, a name of the inside, then it is refused', (text) => {
    expect(read(text)).toBe('image-url-refused');
  });

  it.each([22, 25, 6379, 8080, 11211, 0])(
    'given port %i, when it is not on the list, then it is refused',
    (port) => {
      expect(read(`http://example.com:${port}/`)).toBe('image-url-refused');
    },
  );

  it('given a redirect, when it is relative, then it is read from where it came, and judged the same', () => {
    const base = 'https://example.com/a/b?c';
    expect(read('../d', base)).toMatchObject({ text: 'https://example.com/d', secure: true });
    expect(read('//cdn.example.com/e', base)).toMatchObject({ host: 'cdn.example.com', secure: true });
    expect(read('//127.1/', base)).toBe('image-url-refused');
    expect(read('file:///etc/passwd', base)).toBe('image-url-invalid');
  });

  it('given any IPv4 address in any notation, when it is the host, then it is judged as what it is', () => {
    const notations = [
      (n: number) => String(n),
      (n: number) => `0x${n.toString(16)}`,
      (n: number) => `0${n.toString(8)}`,
    ];
    const byte = fc.nat(255);
    const bytes = fc.tuple(byte, byte, byte, byte);
    fc.assert(
      fc.property(bytes, fc.constantFrom(...notations), fc.boolean(), (parts, write, whole) => {
        const number = parts.reduce((sum, part) => sum * 256 + part, 0);
        const host = whole ? write(number) : parts.map(write).join('.');
        const found = read(`http://${host}/`);
        if (isPublicAddress(parts.join('.')))
          expect(found).toMatchObject({ host: parts.join('.'), family: 4 });
        else expect(found).toBe('image-url-refused');
      }),
    );
  });

  it('given any text, when it is read, then it is taken apart or turned down with one of two codes', () => {
    const text = fc.oneof(
      fc.string(),
      fc.webUrl(),
      fc.string().map((tail) => `http://${tail}`),
    );
    fc.assert(
      fc.property(text, (given) => {
        const found = read(given);
        if (typeof found === 'string') expect(found).toMatch(/^image-url-(invalid|refused)$/);
        else expect(policy.ports).toContain(found.port);
      }),
    );
  });
});
