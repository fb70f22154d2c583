// Submit an image, then wait for its result with long-polling.
//   usage: node long-poll.mjs photo.jpg cutout.png
import { openAsBlob } from 'node:fs';
import { writeFile } from 'node:fs/promises';

const api = process.env.API ?? 'http://localhost:3000';
const [photo, cutout] = process.argv.slice(2);

async function call(path, init) {
  const response = await fetch(api + path, init);
  if (response.ok) return response;
  const { title, detail = '' } = await response.json();
  console.error(title, detail);
  process.exit(1);
}

const body = new FormData();
body.set('image', await openAsBlob(photo));
const { id, token } = await (await call('/v1/jobs', { method: 'POST', body })).json();
const headers = { Authorization: `Bearer ${token}` };

for (;;) {
  const response = await call(`/v1/jobs/${id}/result?wait=30`, { headers });
  if (response.status === 202) continue; // not finished: repeat
  await writeFile(cutout, Buffer.from(await response.arrayBuffer()));
  break;
}
