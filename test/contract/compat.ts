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
  const statusOf = (theirs: number, ours: number): number =>
    operation.statuses.includes('401') ? ours : theirs;
  await operation.answers(200, { body: formOf(file, image) });
  await operation.answers(200, { body: formOf(file, image), headers: { Authorization: `Bearer ${at.key}` } });
  await operation.eachParameter((call) => operation.answers(200, { ...call, body: formOf(file, image) }));
  await operation.answers(400, { body: formOf('nothing', Buffer.alloc(0)) });
  await operation.answers(statusOf(403, 401), { body: formOf(file, image), headers: withKey('rb_nobody') });
  await operation.answers(statusOf(400, 413), { body: formOf(file, Buffer.alloc(24 * 2 ** 20)) });
  await operation.answers(statusOf(400, 415), { body: formOf(file, Buffer.from('no image at all')) });
  await operation.answers(statusOf(400, 422), { body: formOf(file, truncatedJpeg()) });
  await operation.answers(429, { ...(await spent(at)), body: formOf(file, image) });

  const name = `contract ${operation.name}`.replaceAll(/\W/g, '-');
  const first = await at.held(async () => {
    const answer = operation.answers(200, repeated(at, name, formOf(file, image)));
    await eventually(async () => (await at.system.keys()).some((key) => key.startsWith('rb:retry:')));
    return { answer };
  });
  await first.answer;
  await operation.answers(410, repeated(at, name, formOf(file, image)));
  await operation.answers(statusOf(400, 422), repeated(at, name, formOf(file, truncatedJpeg())));
  await at.stillSending(operation.path, `${name}-slow`);
  await operation.answers(409, repeated(at, `${name}-slow`, formOf(file, image)));
}

/** How the calls of remove.bg and rembg are driven. */
export const COMPAT: Record<string, Drive> = {
  'POST /v1.0/removebg': async (operation, at) => {
    await driveForm(operation, at, 'image_file');
    const image_file_b64 = at.image.toString('base64');
    const json = {
      body: JSON.stringify({ image_file_b64 }),
      headers: { 'Content-Type': 'application/json' },
    };
    const form = {
      body: new URLSearchParams({ image_file_b64 }).toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    };
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
  'POST /api/remove-bg': (operation, at) => driveForm(operation, at, 'image'),
  'POST /api/remove': (operation, at) => driveForm(operation, at, 'file'),
  // A server that fetches images fetches them from public addresses alone: none can be had here.
  'GET /api/remove': async (operation, at) => {
    await operation.answers(400);
    await operation.answers(401, { headers: withKey('rb_nobody') });
    await operation.answers(429, await spent(at));
  },
};
