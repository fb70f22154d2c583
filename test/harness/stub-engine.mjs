/**
 * Stands in for the engine's child process: speaks its protocol, computes nothing, and does what the "image" says,
 * which is JSON: `{ "do": "work" | "hang" | "die" | "grow", "ms": … }`, all but the first after `ms`, so that others come in.
 * A model called "deadly" ends it before it is ready, as a broken driver would. Of a result, `width` is how many images were inside with it, and `height` its place among the results.
 */
import { Socket } from 'node:net';
import { frameHead, FrameDecoder } from '../../dist/apps/worker/src/engine/frame-codec.js';

const socket = new Socket({ fd: 3, readable: true, writable: true });
const decoder = new FrameDecoder({ maxHeaderBytes: 1 << 14, maxPayloadBytes: 1 << 20 });
const timingsMs = { decode: 1, infer: 1, refine: 1, compose: 1, encode: 1 };
const foreground = { left: 0, top: 0, width: 1, height: 1 };
const inside = new Set();
const GROWTH_BYTES = 256 * 1024 * 1024;
const grown = [];
let plan;
let results = 0;

const send = (message, payload = Buffer.alloc(0)) => {
  socket.write(frameHead(message, payload.length));
  socket.write(payload);
};

const done = (id, max) => ({
  ...{ type: 'done', id },
  facts: {
    ...{ width: max, height: (results += 1), format: 'png', foreground, timingsMs },
    ...{ subjects: [], hints: [], looks: 1 },
    ...{ model: plan.models[0], provider: plan.provider },
  },
});

const acts = {
  work: (id, job) => send(done(id, job.max), Buffer.from('cut out')),
  // Native code that does not come back: nothing else happens in this process any more.
  hang: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  die: () => process.kill(process.pid, 'SIGKILL'),
  // Takes 256 MiB, and never answers.
  grow: () => grown.push(Buffer.alloc(GROWTH_BYTES, 1)),
};

socket.on('end', () => process.exit(0)).on('error', () => process.exit(0));
socket.on('data', (piece) => {
  for (const { header, payload } of decoder.push(piece)) {
    if (header.type === 'start') {
      plan = header.plans[0];
      if (plan.models[0] === 'deadly') process.kill(process.pid, 'SIGKILL');
      send({ type: 'ready', ...plan, loadMs: 0, warmUpMs: 0, declined: [] });
      continue;
    }
    const { do: act, ms } = JSON.parse(payload.toString());
    const job = { max: 0 };
    inside.add(job);
    for (const each of inside) each.max = Math.max(each.max, inside.size);
    send({ type: 'stage', id: header.id, stage: 'infer' });
    setTimeout(() => {
      acts[act](header.id, job);
      inside.delete(job);
    }, ms);
  }
});
