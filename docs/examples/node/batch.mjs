// Many photos under one token: added one by one, fetched as they are finished.
//   usage: node batch.mjs photo.jpg … cutouts/
import { openAsBlob } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';

const api = process.env.API ?? 'http://localhost:3000';
const photos = process.argv.slice(2);
const out = photos.pop();
await mkdir(out, { recursive: true });

async function reason(answer) {
  const { title, detail = '' } = await answer.json();
  return `${title} ${detail}`;
}

async function call(path, init) {
  const answer = await fetch(api + path, init);
  if (answer.ok) return answer;
  console.error(await reason(answer));
  process.exit(1);
}

const { id, token } = await (await call('/v1/batches', { method: 'POST' })).json();
const batch = `/v1/batches/${id}`;
const headers = { Authorization: `Bearer ${token}` };

/** The next finished image, if there is one in time. False when none will come any more. */
async function fetchNext() {
  const answer = await call(`${batch}/results?wait=30`, { headers });
  if (answer.status === 204) return answer.headers.get('x-batch-status') !== 'complete';
  const name = decodeURIComponent(answer.headers.get('x-custom-id'));
  await writeFile(join(out, `${basename(name)}.png`), Buffer.from(await answer.arrayBuffer()));
  return true;
}

for (const photo of photos) {
  const body = new FormData();
  body.set('custom_id', basename(photo, extname(photo)));
  body.set('image', await openAsBlob(photo));
  for (;;) {
    const answer = await fetch(`${api}${batch}/jobs`, { method: 'POST', headers, body });
    // 429: as many images are in work as may be. Fetch one, then go on.
    if (answer.status === 429) await fetchNext();
    else if (answer.ok) break;
    else {
      console.error(`${photo}: ${await reason(answer)}`);
      process.exitCode = 1;
      break;
    }
  }
}
await call(`${batch}/close`, { method: 'POST', headers });
while (await fetchNext());
