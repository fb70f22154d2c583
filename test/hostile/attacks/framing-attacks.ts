import { attack, closing, ECHO, manyHeaders, post, request, type Attack } from './attack.js';

const TYPE = 'Content-Type: image/jpeg';
const CHUNKED = 'Transfer-Encoding: chunked';
const HIDDEN = `0\r\n\r\nGET /${ECHO} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const health = (...headers: string[]): Buffer => request('GET /healthz HTTP/1.1', headers);
/** A head written by hand. */
const raw = (lines: string): string => `GET /healthz HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n\r\n`;

/** Two readers of a request must come to the same message, or to none. */
const smuggling = (): Attack[] => [
  closing('length and chunks', post([TYPE, 'Content-Length: 4', CHUNKED], HIDDEN), 400),
  closing('chunks and length', post([TYPE, CHUNKED, 'Content-Length: 4'], HIDDEN), 400),
  closing('two lengths', post([TYPE, 'Content-Length: 4', 'Content-Length: 5'], 'abcde'), 400),
  closing('one length twice', post([TYPE, 'Content-Length: 4', 'Content-Length: 4'], 'abcd'), 400),
  ...['4, 4', '+4', '-4', '4 4', '0x4', '4.0', 'four', '', '99999999999999999999', '4\x0b', '1e1'].map(
    (value) => closing(`a length of "${value}"`, post([TYPE, `Content-Length: ${value}`], 'abcd'), 400),
  ),
  ...[
    'identity',
    'xchunked',
    'gzip, chunked',
    'chunked, identity',
    '"chunked"',
    '\x0bchunked',
    'chunked;q=1',
    'cow',
  ].map((value) =>
    closing(`a coding of "${value}"`, post([TYPE, `Transfer-Encoding: ${value}`], HIDDEN), 400),
  ),
  closing('chunks twice', post([TYPE, CHUNKED, CHUNKED], HIDDEN), 400),
  closing('a space before the colon', post([TYPE, 'Transfer-Encoding : chunked'], HIDDEN), 400),
  closing('chunks in HTTP/1.0', request('POST /v1/jobs HTTP/1.0', [TYPE, CHUNKED], HIDDEN), 400),
  attack('a tab before the coding', post([TYPE, 'Transfer-Encoding:\tchunked'], '0\r\n\r\n'), 400),
];

const chunks = (): Attack[] => {
  const chunked = (body: string): Buffer => post([TYPE, CHUNKED], body);
  return [
    closing('a chunk extension of 20 kB', chunked(`1;${'a'.repeat(20_000)}\r\na\r\n0\r\n\r\n`), 400, 413),
    attack('a chunk extension', chunked(`1;${ECHO}=1\r\na\r\n0\r\n\r\n`), 415),
    closing('a negative chunk', chunked('-1\r\na\r\n0\r\n\r\n'), 400),
    closing('a chunk length with 0x', chunked('0x1\r\na\r\n0\r\n\r\n'), 400),
    closing('a chunk of 2⁶⁸ bytes', chunked('fffffffffffffffff\r\na\r\n'), 400),
    closing('a chunk without its line end', chunked('1\r\naXX0\r\n\r\n'), 400, 415),
    closing('chunks with bare line feeds', chunked('1\na\n0\n\n'), 400),
    closing('a space after a chunk length', chunked('1 \r\na\r\n0\r\n\r\n'), 400),
    closing('20,000 trailers', chunked(`1\r\na\r\n0\r\n${'A: b\r\n'.repeat(20_000)}\r\n`), 431, 415),
    closing('a length among the trailers', chunked('1\r\na\r\n0\r\nContent-Length: 5\r\n\r\n'), 400, 415),
  ];
};

const lines = (): Attack[] => [
  closing('bare line feeds', 'GET /healthz HTTP/1.1\nHost: localhost\n\n', 400),
  closing('one bare line feed', 'GET /healthz HTTP/1.1\r\nHost: localhost\nA: b\r\n\r\n', 400),
  closing('a bare carriage return', 'GET /healthz HTTP/1.1\r\nHost: localhost\rA: b\r\n\r\n', 400),
  closing('a folded line', raw('A: b\r\n c'), 400),
  closing('NUL in a value', raw('A: b\0c'), 400),
  closing('NUL in a name', raw('A\0: b'), 400),
  closing('a space in a name', raw('A B: c'), 400),
  closing('a line without a colon', raw(ECHO), 400),
  closing('a line without a name', raw(': c'), 400),
  closing('a first line that is folded', 'GET /healthz HTTP/1.1\r\n Host: localhost\r\n\r\n', 400),
  closing('a space before the method', ' GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n', 400),
  closing('no host', 'GET /healthz HTTP/1.1\r\n\r\n', 400),
  closing('two hosts', 'GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400),
  closing('another host', `GET /healthz HTTP/1.1\r\nHost: ${ECHO}.example\r\n\r\n`, 421),
  closing('an empty host', 'GET /healthz HTTP/1.1\r\nHost:\r\n\r\n', 400),
  closing('a host of markup', `GET /healthz HTTP/1.1\r\nHost: <${ECHO}>\r\n\r\n`, 400),
  closing('two tokens', raw(`Authorization: Bearer a\r\nAuthorization: Bearer b`), 400),
  attack('line ends before the request', `\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n`, 200),
];

const floods = (): Attack[] => [
  closing('5,000 headers', health(...manyHeaders(5000)), 431),
  closing('1,500 headers', health(...manyHeaders(1500)), 431),
  closing('150 headers', health(...manyHeaders(150)), 431),
  attack('50 headers', health(...manyHeaders(50)), 200),
  closing('a header of 70 kB', health(`A: ${'a'.repeat(70_000)}`), 431),
  closing('a name of 70 kB', health(`${'a'.repeat(70_000)}: b`), 431),
  attack('a cookie of 15 kB', health(`Cookie: ${ECHO.repeat(1600)}`), 200),
  closing('an Accept of 40 kB', health(`Accept: ${'a/b,'.repeat(10_000)}`), 431),
  attack('an Accept of 12 kB', health(`Accept: ${'a/b,'.repeat(3000)}`), 200),
  attack('a Last-Event-ID of 5,000 digits', health(`Last-Event-ID: ${'9'.repeat(5000)}`), 200),
  attack('a Range of 1,000 parts', health(`Range: bytes=${'0-1,'.repeat(1000)}`), 200),
];

const versions = (): Attack[] => [
  closing('HTTP/0.9', 'GET /healthz\r\n\r\n', 400),
  closing('HTTP/0.9 with a header', 'GET /healthz\r\nHost: localhost\r\n\r\n', 400),
  closing('HTTP/1.0', request('GET /healthz HTTP/1.0'), 200),
  closing('HTTP/2 without asking', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400),
  closing('HTTP/3.0', request('GET /healthz HTTP/3.0'), 400),
  closing('HTTP/1.2', request('GET /healthz HTTP/1.2'), 400),
  closing('a TLS hello', Buffer.from('16030102000100' + '01fc0303'.repeat(40), 'hex'), 400),
  closing('bytes of nonsense', Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * 7) & 255)), 400),
  closing('zeros', Buffer.alloc(3000), 400),
  closing('an SSH greeting', 'SSH-2.0-OpenSSH_9.0\r\n', 400),
  closing('a Redis command', '*1\r\n$8\r\nFLUSHALL\r\n', 400),
];

/** Attacks on how a request is cut out of the stream of bytes. */
export const framingAttacks = (): Attack[] => [
  ...smuggling(),
  ...chunks(),
  ...lines(),
  ...floods(),
  ...versions(),
];
