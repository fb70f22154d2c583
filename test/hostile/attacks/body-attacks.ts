import { attack, ECHO, form, posted, type Attack } from './attack.js';

const JPEG = Buffer.from('ffd8ffe000104a46494600', 'hex');
const image = (more = ''): string =>
  `Content-Disposition: form-data; name="image"; filename="${ECHO}.jpg"${more}`;
const field = (name: string): string => `Content-Disposition: form-data; name="${name}"`;
const many = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const json = (text: string, path?: string): Buffer => posted(['Content-Type: application/json'], text, path);
const query = (text: string): Buffer => posted(['Content-Type: image/jpeg'], JPEG, `/v1/jobs?${text}`);
const typed = (type: string, body = 'abc'): Buffer => posted([`Content-Type: ${type}`], body);

const forms = (): Attack[] => [
  attack('10,000 files', form(many(10_000, () => [image(), 'x'])), 400, 415),
  attack('10,000 fields', form(many(10_000, (i) => [field(`f${i}`), 'x'])), 400),
  attack(
    'a form within a form',
    form([[image('\r\nContent-Type: multipart/mixed; boundary=y'), '--y\r\n\r\nabc\r\n--y--']]),
    400,
    415,
  ),
  attack('no boundary', typed('multipart/form-data'), 400),
  attack('an empty boundary', typed('multipart/form-data; boundary='), 400),
  attack('a boundary of 200', typed(`multipart/form-data; boundary=${'a'.repeat(200)}`), 400),
  attack('a boundary of 71', typed(`multipart/form-data; boundary="${'a'.repeat(71)}"`), 400),
  attack('two boundaries', form([], 'multipart/form-data; boundary=x; boundary=y'), 400),
  attack('another multipart', form([], 'multipart/mixed; boundary=x'), 400),
  attack('a form of nothing', typed('multipart/form-data; boundary=x', ''), 400),
  attack(
    'a form without its end',
    typed('multipart/form-data; boundary=x', `--x\r\n${image()}\r\n\r\nabc`),
    400,
    415,
  ),
  attack('a form of its end', typed('multipart/form-data; boundary=x', '--x--\r\n'), 400),
  attack('text before a form', typed('multipart/form-data; boundary=x', `${ECHO}\r\n--x--\r\n`), 400),
  attack(
    '100 kB after a form',
    typed('multipart/form-data; boundary=x', `--x--\r\n${'a'.repeat(100_000)}`),
    400,
  ),
  attack('NUL in a name', form([[field('im\0age'), 'x']]), 400),
  attack('a name of the prototype', form([[field('__proto__'), 'x']]), 400),
  attack('a name of the constructor', form([[field('constructor'), 'x']]), 400),
  attack('a name of 5 kB', form([[field('a'.repeat(5000)), 'x']]), 400),
  attack('a file name of 9 kB', form([[image(`; x="${'a'.repeat(9000)}"`), 'x']]), 400),
  attack('3,000 lines of a part’s head', form([[image(`\r\n${'A: b\r\n'.repeat(3000)}C: d`), 'x']]), 400),
  attack('a part without a name', form([['Content-Disposition: form-data', 'x']]), 400),
  attack('a part without a disposition', form([['Content-Type: image/jpeg', 'x']]), 400),
  attack(
    'a file name that climbs',
    form([['Content-Disposition: form-data; name="image"; filename="../../etc/passwd"', 'x']]),
    415,
  ),
  attack('a part in base64', form([[image('\r\nContent-Transfer-Encoding: base64'), '/9j/']]), 422),
  attack('a value of 3 kB', form([[field('format'), 'a'.repeat(3000)]]), 400),
  attack('an image in a field without a file name', form([[field('image'), ECHO]]), 415),
  attack(
    'a file in another field',
    form([['Content-Disposition: form-data; name="photo"; filename="a"', 'x']]),
    415,
  ),
];

const texts = (): Attack[] => [
  attack('JSON of 60,000 brackets', json('['.repeat(60_000)), 400),
  attack('JSON of 10,000 objects', json(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`), 400),
  attack('JSON with a huge number', json('{"image_url":1e999999}'), 400),
  attack('JSON with a number of 60,000 digits', json(`{"image_url":${'9'.repeat(60_000)}}`), 400),
  attack('JSON with prototype keys', json('{"__proto__":{"x":1},"constructor":{"prototype":{"y":1}}}'), 400),
  attack('JSON of 70 kB', json(JSON.stringify({ a: 'a'.repeat(70_000) })), 400),
  attack('JSON with a mark', json('\xef\xbb\xbf{}'), 400),
  ...[
    '[]',
    'null',
    '1',
    '"x"',
    '',
    '{',
    '{"a"}',
    '{"image_url":"x",}',
    `{"a":"${ECHO}"}`,
    `{"${ECHO} ${ECHO}":1}`,
    '\0',
    '{"image_url":["x"]}',
    '{"image_url":{"a":1}}',
  ].map((text) => attack(`JSON: ${JSON.stringify(text)}`, json(text), 400)),
  attack(
    'JSON of 10,000 objects to the compatible call',
    json('{"a":'.repeat(10_000), '/v1.0/removebg'),
    400,
  ),
  attack(
    'JSON with prototype keys to the compatible call',
    json('{"__proto__":"x","image_file_b64":""}', '/v1.0/removebg'),
    400,
  ),
  attack('base64 of nonsense', json(`{"image_file_b64":"${'%'.repeat(5000)}"}`, '/v1.0/removebg'), 400),
  attack('nonsense to Photoroom', json(`{"image_file_b64":"${'%'.repeat(5000)}"}`, '/v1/segment'), 400),
  attack('nonsense to withoutBG', json(`{"image":"${'%'.repeat(5000)}"}`, '/v1/remove-background'), 400),
  attack('nested JSON to withoutBG', json('{"image":{"a":1}}', '/v1/remove-background'), 400),
  attack('an image by address', json('{"image_url":"http://169.254.169.254/latest/meta-data"}'), 400),
  attack('an image by file', json('{"image_url":"file:///etc/passwd"}', '/v1.0/removebg'), 400),
  attack('a urlencoded form', typed('application/x-www-form-urlencoded', `image=${ECHO}`), 415),
  attack(
    'XML with an entity',
    typed('application/xml', `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`),
    415,
  ),
];

const queries = (): Attack[] => [
  ...[
    '__proto__=1',
    'constructor=2',
    '__proto__[x]=1',
    'toString=1',
    'format[a]=png',
    'format=png&format=webp',
    `format=${ECHO}`,
    `${ECHO}=1`,
    'size=auto&size=auto',
    'format=png%00',
    'crop_margin=1e309px',
    'roi=-1 -1 -1 -1',
    'scale=NaN',
    'bg_color=%23fffffff',
    `model=${'a'.repeat(3000)}`,
    'format[]=png',
    'crop=true;format=png',
  ].map((text) => attack(`the query ${text.slice(0, 40)}`, query(text.replaceAll(' ', '%20')), 400)),
  attack('1,000 parameters', query(many(1000, (i) => `a${i}=1`).join('&')), 400),
];

/** Attacks by what a body or a query holds. */
export const bodyAttacks = (): Attack[] => [...forms(), ...texts(), ...queries()];
