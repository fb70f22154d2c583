// Follow the events of a job, then fetch its result. Node 20 or newer, no dependencies.
//   usage: node sse.mjs photo.jpg cutout.png
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

async function* events() {
  const { body: stream } = await call(`/v1/jobs/${id}/events`, { headers });
  let text = '';
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    const messages = (text + piece).split('\n\n');
    text = messages.pop();
    for (const message of messages) {
      const name = /^event: (.*)$/m.exec(message)?.[1];
      if (name) yield { name, data: JSON.parse(/^data: (.*)$/m.exec(message)[1]) };
    }
  }
}

for await (const { name, data } of events()) {
  console.error(name, data.position ?? data.percent ?? '');
  if (name === 'failed') {
    console.error(data.problem.title);
    process.exit(1);
  }
  if (name === 'done') break;
}
const image = await call(`/v1/jobs/${id}/result`, { headers });
await writeFile(cutout, Buffer.from(await image.arrayBuffer()));
