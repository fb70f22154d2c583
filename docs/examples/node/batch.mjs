// A batch: add photos one by one and fetch results as they finish.
//   usage: node batch.mjs photo.jpg … cutouts/
import { openAsBlob } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';

const api = process.env.API ?? 'http://localhost:3000';
const photos = process.argv.slice(2);
const out = photos.pop();
await mkdir(out, { recursive: true });

async function reason(response) {
  const { title, detail = '' } = await response.json();
  return `${title} ${detail}`;
}

async function call(path, init) {
  const response = await fetch(api + path, init);
  if (response.ok) return response;
  console.error(await reason(response));
  process.exit(1);
}

const { id, token } = await (await call('/v1/batches', { method: 'POST' })).json();
const batch = `/v1/batches/${id}`;
const headers = { Authorization: `Bearer ${token}` };

/** Fetches the next finished image. Returns false when there are no more. */
async function fetchNext() {
  const response = await call(`${batch}/results?wait=30`, { headers });
  if (response.status === 204) return response.headers.get('x-batch-status') !== 'complete';
  const name = decodeURIComponent(response.headers.get('x-custom-id'));
  await writeFile(join(out, `${basename(name)}.png`), Buffer.from(await response.arrayBuffer()));
  return true;
}

for (const photo of photos) {
  const body = new FormData();
  body.set('custom_id', basename(photo, extname(photo)));
  body.set('image', await openAsBlob(photo));
  for (;;) {
    const response = await fetch(`${api}${batch}/jobs`, { method: 'POST', headers, body });
    // 429: the limit of images in flight is reached. Fetch one, then retry.
    if (response.status === 429) await fetchNext();
    else if (response.ok) break;
    else {
      console.error(`${photo}: ${await reason(response)}`);
      process.exitCode = 1;
      break;
    }
  }
}
await call(`${batch}/close`, { method: 'POST', headers });
while (await fetchNext());
