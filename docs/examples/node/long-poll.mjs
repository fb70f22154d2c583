// Submit, then ask for the result: the answer comes when there is something to say.
//   usage: node long-poll.mjs photo.jpg cutout.png
import { openAsBlob } from 'node:fs';
import { writeFile } from 'node:fs/promises';

const api = process.env.API ?? 'http://localhost:3000';
const [photo, cutout] = process.argv.slice(2);

const body = new FormData();
body.set('image', await openAsBlob(photo));
const submitted = await fetch(`${api}/v1/jobs`, { method: 'POST', body });
if (!submitted.ok) throw new Error((await submitted.json()).title);
const { id, token } = await submitted.json();
const headers = { Authorization: `Bearer ${token}` };

for (;;) {
  const answer = await fetch(`${api}/v1/jobs/${id}/result?wait=30`, { headers });
  if (answer.status === 202) continue; // not yet: ask again
  if (!answer.ok) throw new Error((await answer.json()).title);
  await writeFile(cutout, Buffer.from(await answer.arrayBuffer()));
  break;
}
