import { attack, closing, ECHO, posted, post, request, type Attack } from './attack.js';

const JPEG = Buffer.from('ffd8ffe000104a46494600', 'hex');
const ID = 'A'.repeat(22);
const get = (target: string): Buffer => request(`GET ${target} HTTP/1.1`);

const targets = (): Attack[] => [
  ...[
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/%252e%252e%252fetc/passwd',
    '/..\\..\\etc\\passwd',
    '/....//etc/passwd',
    '/..;/etc/passwd',
    '//evil.example/%2f..',
    '/index.html%00.jpg',
    '/healthz%00',
    '/.git/config',
    '/.env',
    '/package.json',
    '/main.js.map%00',
    '/docs/../../package.json',
  ].map((target) => attack(`the path ${target}`, get(target), 400, 404)),
  ...['/%zz', '/%c0%ae%c0%ae/etc/passwd', '/%', `/v1/jobs/%ff%fe${ECHO}`].map((target) =>
    attack(`the path ${target}`, get(target), 400, 404),
  ),
  closing('bytes beyond ASCII in the path', get('/\xff\xfe'), 400),
  closing('NUL in the path', get('/heal\0thz'), 400),
  closing('a path of 20 kB', get(`/${ECHO.repeat(2200)}`), 414, 431),
  attack('a path of 15 kB', get(`/${'a'.repeat(15_000)}`), 404, 414),
  attack('a query of 15 kB', get(`/healthz?${'a'.repeat(15_000)}`), 200, 414),
  attack('an id of 5 kB', get(`/v1/jobs/${'a'.repeat(5000)}`), 404),
  attack('an id with a line end', get(`/v1/jobs/${ID}%0d%0aSet-Cookie:${ECHO}`), 404),
  attack('an id of another alphabet', get('/v1/jobs/аааааааааааааааааааааа'.replaceAll('а', '%D0%B0')), 404),
  attack('a path of many slashes', get('/'.repeat(5000)), 404),
  attack('the address with a scheme', get('http://127.0.0.1/healthz'), 200),
  attack('another host in the address', get(`http://${ECHO}.example/healthz`), 200, 400),
  closing('an authority for a target', get(`${ECHO}.example:80`), 400),
  closing('no target', request('GET  HTTP/1.1'), 400),
];

const methods = (): Attack[] => [
  attack('OPTIONS *', request('OPTIONS * HTTP/1.1'), 204),
  attack(
    'OPTIONS of a call',
    request('OPTIONS /v1/jobs HTTP/1.1', [
      `Origin: http://${ECHO}.example`,
      'Access-Control-Request-Method: POST',
    ]),
    204,
  ),
  attack('OPTIONS of nothing', request(`OPTIONS /${ECHO} HTTP/1.1`), 404),
  closing('CONNECT', request('CONNECT 127.0.0.1:22 HTTP/1.1'), 405),
  attack('TRACE', request('TRACE /healthz HTTP/1.1', [`Cookie: ${ECHO}`]), 405),
  ...['PUT', 'PATCH', 'PROPFIND', 'MKCOL', 'LOCK', 'PURGE', 'SEARCH'].map((method) =>
    attack(`${method} /v1/jobs`, request(`${method} /v1/jobs HTTP/1.1`), 405),
  ),
  attack('GET /v1/jobs', get('/v1/jobs'), 405),
  attack('POST to a status', post(['Content-Length: 0'], '', `/v1/jobs/${ID}`), 405),
  attack('DELETE of health', request('DELETE /healthz HTTP/1.1'), 405),
  closing('an unknown method', request('BREW /healthz HTTP/1.1'), 400),
  closing('a method in small letters', request('get /healthz HTTP/1.1'), 400),
  closing('a method of 5 kB', request(`${'A'.repeat(5000)} / HTTP/1.1`), 400, 431),
  attack(
    'a method overridden',
    post(['X-HTTP-Method-Override: DELETE', 'Content-Length: 0'], '', '/healthz'),
    405,
  ),
];

const claims = (): Attack[] => [
  attack(
    'addresses that were forwarded',
    request('GET /healthz HTTP/1.1', [
      `X-Forwarded-For: ${ECHO}, 1.2.3.4`,
      `Forwarded: for=${ECHO}`,
      `X-Real-IP: ${ECHO}`,
      `X-Forwarded-Host: ${ECHO}`,
      'X-Forwarded-Proto: https',
    ]),
    200,
  ),
  attack(
    'a websocket',
    request('GET / HTTP/1.1', [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
    ]),
    200,
    400,
  ),
  attack(
    'h2c',
    request('GET /healthz HTTP/1.1', [
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
    ]),
    200,
  ),
  attack(
    '100-continue',
    post(['Content-Type: image/jpeg', 'Content-Length: 11', 'Expect: 100-continue'], JPEG),
    422,
  ),
  closing(
    '100-continue for a large body',
    post(['Content-Type: image/jpeg', 'Content-Length: 99999999', 'Expect: 100-continue']),
    413,
  ),
  closing(
    'another expectation',
    post(['Content-Type: image/jpeg', 'Content-Length: 11', `Expect: ${ECHO}`], JPEG),
    417,
  ),
  ...['gzip', 'deflate', 'br', 'zstd', 'gzip, identity', ECHO].map((coding) =>
    closing(
      `a body in ${coding}`,
      posted(['Content-Type: image/jpeg', `Content-Encoding: ${coding}`], JPEG),
      415,
    ),
  ),
  attack(
    'a body that is not coded',
    posted(['Content-Type: image/jpeg', 'Content-Encoding: identity'], JPEG),
    422,
  ),
  attack('a length beyond the limit', post(['Content-Type: image/jpeg', 'Content-Length: 23068673']), 413),
  attack(
    'a form beyond the limit',
    post(['Content-Type: multipart/form-data; boundary=x', 'Content-Length: 24117249']),
    413,
  ),
  attack(
    'a token of 12 kB',
    request(`GET /v1/jobs/${ID} HTTP/1.1`, [`Authorization: Bearer ${'a'.repeat(12_000)}`]),
    404,
  ),
  attack(
    'a wait of 18 digits',
    posted(['Content-Type: image/jpeg', `Prefer: wait=${'9'.repeat(18)}`], JPEG),
    422,
  ),
  attack('no type', posted([], JPEG), 422),
  attack('a type of 3 kB', posted([`Content-Type: ${ECHO.repeat(300)}`], JPEG), 422),
  attack('no body', request('POST /v1/jobs HTTP/1.1'), 400),
  attack('a body with GET', request('GET /healthz HTTP/1.1', ['Content-Length: 5'], 'abcde'), 200),
];

/** Attacks by what a request asks for, and what it says of itself. */
export const targetAttacks = (): Attack[] => [...targets(), ...methods(), ...claims()];
