import { Socket } from 'node:net';
import { Problem } from '#contracts/problem.catalogue.js';
import { cutOut, type Segmentation } from '#imaging/cutout.pipeline.js';
import type { ImageLimits } from '#imaging/image.probe.js';
import { ModelRegistry } from '#inference/model.registry.js';
import { Segmenter } from '#inference/segmenter.js';
import { wipe } from '#vault/wipe.js';
import {
  ENGINE_FD,
  MAX_HEADER_BYTES,
  toEngineSchema,
  type FromEngine,
  type ToEngine,
} from './engine.protocol.js';
import { encodeFrame, FrameDecoder, type Frame } from './frame.codec.js';

/**
 * Entry of the child process that decodes, infers and encodes. It may block and may be killed at any time. It
 * prints nothing once it is ready, ends when its socket ends, and leaves signals to its parent.
 */

/** The parent has bounded the upload already; this only keeps a damaged length from allocating everything. */
const MAX_IMAGE_BYTES = 1024 ** 3;
const EXIT_PROTOCOL = 70;

interface Engine {
  network: Segmentation;
  limits: ImageLimits;
}

let engine: Engine | undefined;
let busy = false;

const socket = new Socket({ fd: ENGINE_FD, readable: true, writable: true });
const decoder = new FrameDecoder({ maxHeaderBytes: MAX_HEADER_BYTES, maxPayloadBytes: MAX_IMAGE_BYTES });

const exit = (): never => process.exit(0);
const ignore = (): void => undefined;

process.on('SIGINT', ignore).on('SIGTERM', ignore);
// Without a listener Node would open the debugger, and with it everything in memory, on this signal.
process.on('SIGUSR1', ignore);
socket.on('end', exit).on('close', exit).on('error', exit);
socket.on('data', (piece: Buffer) => {
  const frames = decoder.push(piece);
  wipe(piece);
  for (const frame of frames) receive(frame).catch(giveUp);
});

/** Until the engine is ready no image has been seen, and what went wrong may be told. */
function giveUp(error: unknown): never {
  if (engine === undefined) process.stderr.write(error instanceof Error ? error.message : 'unknown reason');
  process.exit(EXIT_PROTOCOL);
}

async function receive({ header, payload }: Frame): Promise<void> {
  const message = toEngineSchema.parse(header);
  switch (message.type) {
    case 'start':
      return start(message);
    case 'cutout':
      return work(message, payload);
  }
}

async function start(message: Extract<ToEngine, { type: 'start' }>): Promise<void> {
  const registry = new ModelRegistry(process.cwd(), message.modelDir);
  const entry = registry.find(message.model);
  if (!(await registry.isPrepared(entry))) throw new Error(`model ${entry.name} is not prepared`);
  const begin = performance.now();
  const segmenter = await Segmenter.load(entry, registry.pathOf(entry), message.threads);
  const loaded = performance.now();
  if (message.warmUp) await segmenter.warmUp();
  engine = { network: segmenter, limits: message };
  const warmUpMs = message.warmUp ? performance.now() - loaded : 0;
  send({ type: 'ready', model: entry.name, loadMs: loaded - begin, warmUpMs });
}

/** One image. The parent sends the next one only after the answer to this one. */
async function work({ id, options }: Extract<ToEngine, { type: 'cutout' }>, image: Buffer): Promise<void> {
  if (engine === undefined || busy) throw new Error('not the time for an image');
  busy = true;
  try {
    const onStage = (stage: Extract<FromEngine, { type: 'stage' }>['stage']): void => {
      send({ type: 'stage', id, stage });
    };
    const { data, ...facts } = await cutOut({ image, options, ...engine, onStage });
    send({ type: 'done', id, ...facts }, data);
  } catch (error) {
    send({ type: 'failed', id, code: error instanceof Problem ? error.code : 'processing-failed' });
  } finally {
    wipe(image);
    busy = false;
  }
}

function send(message: FromEngine, payload?: Buffer): void {
  const [prefix, body] = encodeFrame(message, payload);
  socket.write(prefix);
  if (body.length > 0) socket.write(body, () => wipe(body));
}
