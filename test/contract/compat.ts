import type { Call, ContractOperation } from './operation.js';
import { spent, type ContractSetting, type Drive } from './setting.js';
import { truncatedJpeg } from '../harness/bad-images.js';
import { eventually } from '../harness/eventually.js';
import { withKey } from '../harness/key-files.js';

/** A form with one file, and fields. */
function formOf(file: string, image: Uint8Array, fields: Record<string, string> = {}): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set(file, new Blob([new Uint8Array(image)]));
  return form;
}

const repeated = (at: ContractSetting, idempotencyKey: string, body: FormData): Call => ({
  body,
  headers: { ...withKey(at.key), 'Idempotency-Key': idempotencyKey },
});

/** What every call does that takes a form with one file and answers with the result. */
async function driveForm(operation: ContractOperation, at: ContractSetting, file: string): Promise<void> {
  const { image } = at;
  /** The first of these statuses that the operation has: APIs differ in how they name a fault. */
  const firstOf = (...statuses: number[]): number =>
    statuses.find((status) => operation.statuses.includes(String(status))) ?? 0;
  await operation.answers(200, { body: formOf(file, image) });
  await operation.answers(200, { body: formOf(file, image), headers: { Authorization: `Bearer ${at.key}` } });
  await operation.eachParameter((call) => operation.answers(200, { ...call, body: formOf(file, image) }));
  await operation.answers(firstOf(400, 422), { body: formOf('nothing', Buffer.alloc(0)) });
  await operation.answers(firstOf(401, 403), { body: formOf(file, image), headers: withKey('rb_nobody') });
  await operation.answers(firstOf(413, 400), {
    body: formOf(file, Buffer.concat([image, Buffer.alloc(24 * 2 ** 20)])),
  });
  await operation.answers(firstOf(415, 400), { body: formOf(file, Buffer.from('no image at all')) });
  await operation.answers(firstOf(422, 400), { body: formOf(file, truncatedJpeg()) });
  await operation.answers(429, { ...(await spent(at)), body: formOf(file, image) });

  const name = `contract ${operation.name}`.replaceAll(/\W/g, '-');
  const first = await at.held(async () => {
    const answer = operation.answers(200, repeated(at, name, formOf(file, image)));
    await eventually(async () => (await at.system.keys()).some((key) => key.startsWith('rb:retry:')));
    return { answer };
  });
  await first.answer;
  await operation.answers(410, repeated(at, name, formOf(file, image)));
  await operation.answers(firstOf(422, 400), repeated(at, name, formOf(file, truncatedJpeg())));
  await at.stillSending(operation.path, `${name}-slow`);
  await operation.answers(409, repeated(at, `${name}-slow`, formOf(file, image)));
}

/** A call whose body is text. */
type TextCall = Call & { headers: Record<string, string> };

/** The same fields in JSON and as a urlencoded form. */
const textBodies = (fields: Record<string, string>): [json: TextCall, form: TextCall] => [
  { body: JSON.stringify(fields), headers: { 'Content-Type': 'application/json' } },
  {
    body: new URLSearchParams(fields).toString(),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  },
];

/** A call of withoutBG with an image in base64. It also takes a form with one file. */
async function driveBase64(operation: ContractOperation, at: ContractSetting): Promise<void> {
  await driveForm(operation, at, 'file');
  const [json] = textBodies({ image_base64: at.image.toString('base64') });
  const answer = await operation.answers(200, json);
  expect(Object.keys(answer.json)).toHaveLength(1);
}

/** How the calls of other APIs are driven. */
export const COMPAT: Record<string, Drive> = {
  'POST /v1.0/removebg': async (operation, at) => {
    await driveForm(operation, at, 'image_file');
    const image_file_b64 = at.image.toString('base64');
    const [json, form] = textBodies({ image_file_b64 });
    for (const call of [json, form]) {
      await operation.answers(200, call);
      await operation.answers(200, { ...call, headers: { ...call.headers, Accept: 'application/json' } });
    }
    await operation.answers(400, { ...form, body: 'image_url=http%3A%2F%2Fexample.com%2Fa.jpg' });
  },
  'GET /v1.0/account': async (operation, at) => {
    await operation.answers(200);
    await operation.answers(200, { headers: withKey(at.key) });
    await operation.answers(403, { headers: withKey('rb_nobody') });
  },
  'POST /v1/segment': async (operation, at) => {
    await driveForm(operation, at, 'image_file');
    const image_file_b64 = at.image.toString('base64');
    for (const call of textBodies({ image_file_b64, crop: 'true' })) {
      await operation.answers(200, call);
      const answer = await operation.answers(200, {
        ...call,
        headers: { ...call.headers, Accept: 'application/json' },
      });
      expect(Object.keys(answer.json)).toEqual(['result_b64']);
    }
    // The parameters of Photoroom's description, each with each of its values.
    const parameters = {
      ...{ format: ['png', 'jpg', 'webp'], channels: ['rgba', 'alpha'], bg_color: ['#FF00FF', 'red'] },
      ...{ size: ['preview', 'medium', 'hd', 'full'], crop: ['true', 'false'], despill: ['true', 'false'] },
    };
    for (const [name, values] of Object.entries(parameters)) {
      for (const value of values)
        await operation.answers(200, { body: formOf('image_file', at.image, { [name]: value }) });
      await operation.answers(400, { body: formOf('image_file', at.image, { [name]: 'zebra' }) });
    }
  },
  'POST /v1/remove-background': async (operation, at) => {
    await driveForm(operation, at, 'image');
    const image = at.image.toString('base64');
    const [json] = textBodies({ image });
    const both = await operation.answers(200, json);
    expect(Object.keys(both.json)).toEqual(['processed', 'alphaMatte', 'latencyMs']);
    for (const output of ['cutout', 'processed', 'matte'])
      await operation.answers(200, {
        body: at.image,
        query: { output },
        headers: { 'Content-Type': 'image/jpeg' },
      });
  },
  'POST /v1.0/image-without-background': (operation, at) => driveForm(operation, at, 'file'),
  'POST /v1.0/image-without-background-base64': (operation, at) => driveBase64(operation, at),
  'POST /v1.0/alpha-channel': (operation, at) => driveForm(operation, at, 'file'),
  'POST /v1.0/alpha-channel-base64': (operation, at) => driveBase64(operation, at),
  'POST /api/remove-background': async (operation, at) => {
    await driveForm(operation, at, 'file');
    for (const format of ['png', 'jpg', 'webp'])
      await operation.answers(200, { body: formOf('file', at.image, { format, quality: '95' }) });
  },
  'GET /available-credit': async (operation, at) => {
    await operation.answers(200, { headers: withKey(at.key) });
    await operation.answers(401, { headers: withKey('rb_nobody') });
  },
  'GET /health': (operation) => operation.answers(200),
  'GET /ready': (operation) => operation.answers(200),
  'POST /api/remove-bg': (operation, at) => driveForm(operation, at, 'image'),
  'POST /api/remove': (operation, at) => driveForm(operation, at, 'file'),
  // A server that fetches images fetches them from public addresses alone: none can be had here.
  'GET /api/remove': async (operation, at) => {
    await operation.answers(400);
    await operation.answers(401, { headers: withKey('rb_nobody') });
    await operation.answers(429, await spent(at));
  },
};
