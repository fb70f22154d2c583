import { Socket } from 'node:net';
import { Problem } from '#contracts/problem-catalog.js';
import { cutOut, type CutoutJob } from '#imaging/cutout-pipeline.js';
import { formatsOf, type ImageLimits } from '#imaging/formats/image-facts.js';
import { allowFormats } from '#imaging/raster/sharp.js';
import { ProviderUnavailable } from '#inference/session-factory.js';
import { EX_CONFIG } from '#config/process-lifecycle.js';
import { SettingsError } from '#config/settings.js';
import { wipe } from '#crypto/wipe.js';
import { capacityOf } from './engine-contract.js';
import { loadEngine, modelFor, type LoadedEngine } from './engine-loader.js';
import {
  type CUTOUT_FILES,
  ENGINE_FD,
  MAX_HEADER_BYTES,
  toEngineSchema,
  type FromEngine,
  type ToEngine,
} from './engine-protocol.js';
import { frameHead, FrameDecoder, type Frame } from './frame-codec.js';

/**
 * Entry point of the child process that decodes, infers and encodes. It may block, and may be killed at any time. It
 * prints nothing once it is ready, exits when its socket closes, and ignores signals, which its parent handles.
 */

/** The parent limits uploads; this limit keeps a damaged length from allocating all memory. */
const MAX_IMAGE_BYTES = 1024 ** 3;
const EXIT_PROTOCOL = 70;

type CutoutMessage = Extract<ToEngine, { type: 'cutout' }>;

/** What results without a model name in its place: a mask of the client, or the colors of a drawing. */
const MASK_MODEL = 'mask';
const COLOR_MODEL = 'color-key';

interface Engine extends LoadedEngine {
  limits: ImageLimits;
}

let engine: Engine | undefined;
/** Images in this process. */
let inFlight = 0;

const socket = new Socket({ fd: ENGINE_FD, readable: true, writable: true });
const decoder = new FrameDecoder({ maxHeaderBytes: MAX_HEADER_BYTES, maxPayloadBytes: MAX_IMAGE_BYTES });

const exit = (): never => process.exit(0);
const ignore = (): void => undefined;

process.on('SIGINT', ignore).on('SIGTERM', ignore);
// Without a listener, Node would open the debugger, and so give access to all memory, on this signal.
process.on('SIGUSR1', ignore);
socket.on('end', exit).on('close', exit).on('error', exit);
socket.on('data', (piece: Buffer) => {
  const frames = decoder.push(piece);
  wipe(piece);
  for (const frame of frames) receive(frame).catch(exitWith);
});

/** Prints the error only until the engine is ready: no image has been received then. */
function exitWith(error: unknown): never {
  if (engine === undefined) {
    const reason = error instanceof Error ? error.message : 'unknown reason';
    process.stderr.write(`\n${reason.replaceAll('\n', ' ')}\n`);
  }
  process.exit(error instanceof SettingsError ? EX_CONFIG : EXIT_PROTOCOL);
}

async function receive({ header, payload }: Frame): Promise<void> {
  const message = toEngineSchema.parse(header);
  switch (message.type) {
    case 'start':
      return start(message);
    case 'cutout':
      return cutOutOne(message, payload);
  }
}

async function start(message: Extract<ToEngine, { type: 'start' }>): Promise<void> {
  allowFormats(formatsOf(message));
  engine = { ...(await loadEngine(message)), limits: message };
  send({ type: 'ready', ...engine.facts });
}

/** The named files of a payload, without copies. @throws Error without an image */
function filesIn(
  payload: Buffer,
  { files }: CutoutMessage,
): Pick<CutoutJob, 'image' | 'background' | 'mask'> {
  let at = 0;
  const found: Partial<Record<(typeof CUTOUT_FILES)[number], Buffer>> = {};
  for (const { name, bytes } of files) found[name] = payload.subarray(at, (at += bytes));
  const { image, ...others } = found;
  if (image === undefined) throw new Error('no image');
  return { image, ...others };
}

/** Cuts out one image. The parent sends no more images at a time than the capacity. */
async function cutOutOne(message: CutoutMessage, payload: Buffer): Promise<void> {
  const { id, options } = message;
  if (engine === undefined || inFlight >= capacityOf(engine.facts)) throw new Error('unexpected image');
  inFlight += 1;
  try {
    const { model, segmentation, next } = modelFor(engine, options.model);
    const onStage = (stage: Extract<FromEngine, { type: 'stage' }>['stage']): void => {
      send({ type: 'stage', id, stage });
    };
    const { limits, facts } = engine;
    const { data, ...found } = await cutOut({
      ...filesIn(payload, message),
      options,
      limits,
      network: segmentation,
      next,
      onStage,
    });
    const isMasked = message.files.some(({ name }) => name === 'mask');
    const without = isMasked ? MASK_MODEL : COLOR_MODEL;
    const made = { model: found.looks === 0 ? without : model, provider: facts.provider };
    send({ type: 'done', id, facts: { ...found, ...made } }, data);
  } catch (error) {
    // The next child finds out whether the device still works.
    if (error instanceof ProviderUnavailable) exitWith(error);
    send({ type: 'failed', id, ...failureOf(error) });
  } finally {
    wipe(payload);
    inFlight -= 1;
  }
}

const failureOf = (error: unknown): Pick<Extract<FromEngine, { type: 'failed' }>, 'code' | 'numbers'> =>
  error instanceof Problem
    ? { code: error.code, numbers: error.facts.numbers }
    : { code: 'processing-failed' };

function send(message: FromEngine, result?: Buffer): void {
  socket.write(frameHead(message, result?.length ?? 0));
  if (result !== undefined) socket.write(result, () => wipe(result));
}
