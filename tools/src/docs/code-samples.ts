import type { SampleRequest } from './sample-requests.js';

/** Address of the service in all examples. The script of the page replaces it with the address of the page. */
export const EXAMPLE_ORIGIN = 'http://localhost:3000';

/** A language of the samples: name of its tab, and of its highlighting. */
export interface SampleLanguage {
  id: string;
  label: string;
  render: (request: SampleRequest) => string;
}

const SUBMITTED = { job: 'POST /v1/jobs', batch: 'POST /v1/batches' };

/** Where the variables come from, as a comment. */
const variables = ({ subject }: SampleRequest, mark: string): string[] =>
  subject === undefined ? [] : [`${mark} ID, TOKEN: from ${SUBMITTED[subject]}`];

/** The photo of a body in JSON. */
const PHOTO = 'photo.jpg';
const JSON_TYPE = { 'Content-Type': 'application/json' };

const isFileValue = (value: string): boolean => value.startsWith('@');

/** The file of a form, and its other fields. */
function partsOf({ form }: SampleRequest): { file?: string; fields: Record<string, string> } {
  const file = Object.values(form).find(isFileValue)?.slice(1);
  const fields = Object.fromEntries(Object.entries(form).filter(([, value]) => !isFileValue(value)));
  return { ...(file !== undefined && { file }), fields };
}

/** Path and query. @param id the variable in the language */
function addressOf({ path, query }: SampleRequest, id: string, more: Record<string, string> = {}): string {
  const text = new URLSearchParams({ ...query, ...more }).toString();
  return EXAMPLE_ORIGIN + path.replace('{id}', id) + (text && `?${text}`);
}

const shellQuoted = (text: string): string => (/^[\w@./=:-]+$/.test(text) ? text : `'${text}'`);

function curl(request: SampleRequest): string {
  const { method, form, base64, subject, output, isStream } = request;
  const url = addressOf(request, '$ID');
  const hasBody = Object.keys(form).length > 0 || base64 !== undefined;
  const headers = { ...request.headers, ...(base64 !== undefined && JSON_TYPE) };
  const options = [
    ...(method === 'GET' || hasBody ? [] : [`-X ${method}`]),
    ...(subject === undefined ? [] : ['-H "Authorization: Bearer $TOKEN"']),
    ...Object.entries(headers).map(([name, value]) => `-H '${name}: ${value}'`),
    ...Object.entries(form).map(([name, value]) => `-F ${shellQuoted(`${name}=${value}`)}`),
    ...(base64 === undefined ? [] : ['--data-binary @-']),
    ...(output === undefined ? [] : [`-o ${output}`]),
    /[$?&]/.test(url) ? `"${url}"` : url,
  ];
  const start = `curl ${isStream ? '-sSN' : '-sS'} --fail-with-body`;
  const command = options.length === 1 ? `${start} ${options.join('')}` : [start, ...options].join(' \\\n  ');
  // Without it the reason of a failure is in the file alone.
  const check = output === undefined ? '' : ` || cat ${output}`;
  const json = `{ printf '{"${base64 ?? ''}":"'; base64 <${PHOTO} | tr -d '\\n'; printf '"}'; } |`;
  return [...variables(request, '#'), ...(base64 === undefined ? [] : [json]), command + check].join('\n');
}

const quoted = (text: string): string => `'${text}'`;

/** An object literal on one line. @param pair a member from name and value */
const entries = (values: Record<string, string>, pair: (name: string, value: string) => string): string =>
  Object.entries(values)
    .map(([name, value]) => pair(name, value))
    .join(', ');

function node(request: SampleRequest): string {
  const { method, subject, output, isStream, form, base64 } = request;
  const headers = { ...request.headers, ...(base64 !== undefined && JSON_TYPE) };
  const url = addressOf(request, '${ID}');
  const names = entries(
    headers,
    (name, value) => `${/-/.test(name) ? quoted(name) : name}: ${quoted(value)}`,
  );
  const auth = subject === undefined ? '' : 'Authorization: `Bearer ${TOKEN}`';
  const allHeaders = [auth, names].filter(Boolean).join(', ');
  const hasForm = Object.keys(form).length > 0;
  const init = [
    ...(method === 'GET' ? [] : [`  method: ${quoted(method)},`]),
    ...(allHeaders === '' ? [] : [`  headers: { ${allHeaders} },`]),
    ...nodeBody(request),
  ];
  const target = url.includes('${') ? `\`${url}\`` : quoted(url);
  const fields = Object.entries(form).map(
    ([name, value]) =>
      `body.set('${name}', ${isFileValue(value) ? `await openAsBlob('${value.slice(1)}')` : quoted(value)});`,
  );
  return [
    ...(hasForm ? ["import { openAsBlob } from 'node:fs';"] : []),
    ...(output === undefined
      ? []
      : [`import { ${base64 === undefined ? '' : 'readFile, '}writeFile } from 'node:fs/promises';`]),
    ...(hasForm || output !== undefined ? [''] : []),
    ...variables(request, '//'),
    ...(subject === undefined ? [] : ['const { ID, TOKEN } = process.env;']),
    ...(hasForm ? ['const body = new FormData();', ...fields] : []),
    ...(init.length === 0
      ? [`const response = await fetch(${target});`]
      : [`const response = await fetch(${target}, {`, ...init, '});']),
    'if (!response.ok) throw new Error(await response.text());',
    ...nodeResponse(request, output, isStream),
  ].join('\n');
}

function nodeBody({ form, base64 }: SampleRequest): string[] {
  if (base64 !== undefined)
    return [`  body: JSON.stringify({ ${base64}: await readFile('${PHOTO}', 'base64') }),`];
  return Object.keys(form).length > 0 ? ['  body,'] : [];
}

function nodeResponse({ method }: SampleRequest, output: string | undefined, isStream: boolean): string[] {
  if (output !== undefined)
    return [`await writeFile('${output}', Buffer.from(await response.arrayBuffer()));`];
  if (isStream)
    return [
      'for await (const text of response.body.pipeThrough(new TextDecoderStream())) {',
      '  process.stdout.write(text);',
      '}',
    ];
  return [method === 'DELETE' ? 'console.log(response.status);' : 'console.log(await response.text());'];
}

const doubled = (text: string): string => `"${text}"`;

/** Headers with the type of a body that is JSON, or the image itself. */
function headersOf({ headers, base64 }: SampleRequest, file: string | undefined): Record<string, string> {
  if (base64 !== undefined) return { ...headers, ...JSON_TYPE };
  return file === undefined ? headers : { ...headers, 'Content-Type': 'application/octet-stream' };
}

function pythonBody({ base64 }: SampleRequest, file: string | undefined): string[] {
  if (base64 !== undefined) {
    const photo = `b64encode(Path("${PHOTO}").read_bytes()).decode()`;
    return [`    data=json.dumps({"${base64}": ${photo}}).encode(),`];
  }
  return file === undefined ? [] : [`    data=Path("${file}").read_bytes(),`];
}

function python(request: SampleRequest): string {
  const { method, subject, output, isStream, base64 } = request;
  const { file, fields } = partsOf(request);
  const url = addressOf(request, '{ID}', fields);
  const names = entries(headersOf(request, file), (name, value) => `${doubled(name)}: ${doubled(value)}`);
  const auth = subject === undefined ? '' : '"Authorization": f"Bearer {TOKEN}"';
  const allHeaders = [auth, names].filter(Boolean).join(', ');
  const read = output === undefined ? '' : `, open("${output}", "wb") as file`;
  const print = method === 'DELETE' ? 'print(response.status)' : 'print(response.read().decode())';
  const body = isStream
    ? ['    for line in response:', '        print(line.decode(), end="")']
    : [`    ${output === undefined ? print : 'file.write(response.read())'}`];
  return [
    ...(subject === undefined ? [] : ['import os']),
    ...(base64 === undefined ? [] : ['import json', 'from base64 import b64encode']),
    ...(file === undefined && base64 === undefined ? [] : ['from pathlib import Path']),
    'from urllib.request import Request, urlopen',
    '',
    ...variables(request, '#'),
    ...(subject === undefined ? [] : ['ID, TOKEN = os.environ["ID"], os.environ["TOKEN"]']),
    'request = Request(',
    `    ${url.includes('{ID}') ? 'f' : ''}"${url}",`,
    ...(method === 'GET' ? [] : [`    method=${doubled(method)},`]),
    ...(allHeaders === '' ? [] : [`    headers={${allHeaders}},`]),
    ...pythonBody(request, file),
    ')',
    `with urlopen(request) as response${read}:`,
    ...body,
  ].join('\n');
}

function php(request: SampleRequest): string {
  const { method, subject, output, isStream, base64 } = request;
  const { file, fields } = partsOf(request);
  const url = addressOf(request, '$id', fields);
  const auth = subject === undefined ? [] : ["'Authorization: Bearer ' . getenv('TOKEN')"];
  const names = Object.entries(headersOf(request, file)).map(([name, value]) => quoted(`${name}: ${value}`));
  const allHeaders = [...auth, ...names];
  const target = url.includes('$id') ? doubled(url) : quoted(url);
  return [
    '<?php',
    ...variables(request, '//'),
    ...(subject === undefined ? [] : ["$id = getenv('ID');"]),
    "$context = stream_context_create(['http' => [",
    `    'method' => ${quoted(method)},`,
    ...(allHeaders.length === 0 ? [] : [`    'header' => [${allHeaders.join(', ')}],`]),
    ...(file === undefined ? [] : [`    'content' => file_get_contents('${file}'),`]),
    ...(base64 === undefined
      ? []
      : [`    'content' => json_encode(['${base64}' => base64_encode(file_get_contents('${PHOTO}'))]),`]),
    ...(isStream ? ["    'protocol_version' => 1.0, // events arrive as they are sent"] : []),
    "    'timeout' => 90,",
    ']]);',
    ...(isStream
      ? [`fpassthru(fopen(${target}, 'r', false, $context));`]
      : [
          `$body = file_get_contents(${target}, false, $context);`,
          'if ($body === false) exit(1);',
          output === undefined ? 'echo $body;' : `file_put_contents('${output}', $body);`,
        ]),
  ].join('\n');
}

/** The languages in the order of the tabs. */
export const LANGUAGES: readonly SampleLanguage[] = [
  { id: 'curl', label: 'curl', render: curl },
  { id: 'node', label: 'Node', render: node },
  { id: 'python', label: 'Python', render: python },
  { id: 'php', label: 'PHP', render: php },
];
