// Many photos under one token: added one by one, fetched as they are finished.
//   usage: node batch.mjs cutouts/ photo.jpg …
import { openAsBlob } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';

const api = process.env.API ?? 'http://localhost:3000';
const [out, ...photos] = process.argv.slice(2);
await mkdir(out, { recursive: true });

const opened = await (await fetch(`${api}/v1/batches`, { method: 'POST' })).json();
const batch = `${api}/v1/batches/${opened.id}`;
const headers = { Authorization: `Bearer ${opened.token}` };

/** The next finished image, if there is one in time. False when none will come any more. */
async function fetchNext() {
  const answer = await fetch(`${batch}/results?wait=30`, { headers });
  if (answer.status === 204) return answer.headers.get('x-batch-status') !== 'complete';
  if (!answer.ok) throw new Error((await answer.json()).title);
  const name = decodeURIComponent(answer.headers.get('x-custom-id'));
  await writeFile(join(out, `${basename(name)}.png`), Buffer.from(await answer.arrayBuffer()));
  return true;
}

for (const photo of photos) {
  const body = new FormData();
  body.set('custom_id', basename(photo, extname(photo)));
  body.set('image', await openAsBlob(photo));
  for (;;) {
    const answer = await fetch(`${batch}/jobs`, { method: 'POST', headers, body });
    // 429: as many images are in work as may be. Fetch one, then go on.
    if (answer.status === 429) await fetchNext();
    else if (answer.ok) break;
    else throw new Error((await answer.json()).title);
  }
}
await fetch(`${batch}/close`, { method: 'POST', headers });
while (await fetchNext());
