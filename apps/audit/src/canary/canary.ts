import { randomBytes } from 'node:crypto';
import { decodeForModel, decodeFull } from '#imaging/decode/decode.js';
import type { Payload } from '../scan/window-index.js';
import { drawCanary, randomText, type CanaryImage, type CanaryShape } from './canary-image.js';

/** Where encoded pixels begin for sure: tables, profiles and EXIF stand before. */
const HEADER_BYTES = 2048;
/** Windows of files begin this often: every piece of 55 bytes is found. */
const FILE_WINDOW_EVERY = 32;
/** Windows of base64 begin this often: every piece of 87 letters, or 65 bytes, is found. */
const BASE64_WINDOW_EVERY = 64;
const MAX_PIXELS = 50_000_000;
const CONTROL_BYTES = 1_048_576;
/** Random letters instead of random bytes: fewer different values in a window. */
const TEXT_DISTINCT = 8;
const UTF16_DISTINCT = 6;

/** Form of a text that is shown and does not count: strings of JavaScript cannot be overwritten. */
export const AS_STRING = 'as a string';

/** How the model of the audited system takes its input: as bytes, or as floats with a mean and a deviation. */
export interface ModelInput {
  sidePixels: number;
  mean?: readonly number[];
  std?: readonly number[];
}

/** One picture that is sent once, and all forms in which it could be left behind. */
export class Canary {
  readonly fileName = `canary-${randomText(40)}.jpg`;
  readonly #payloads: Payload[] = [];
  #resultsToDecode: Buffer[] = [];

  private constructor(
    readonly name: string,
    readonly image: CanaryImage,
  ) {}

  /**
   * Draws a canary and works out its forms.
   * @param model how the network takes it; left out for a picture of which only the encoded forms are looked for
   */
  static async draw(name: string, shape: CanaryShape, model?: ModelInput): Promise<Canary> {
    const canary = new Canary(name, await drawCanary(shape));
    const { bytes, exifText } = canary.image;
    canary.#add('input file', bytes, { skipBytes: HEADER_BYTES, everyBytes: FILE_WINDOW_EVERY });
    canary.#addBase64('input as base64', bytes);
    canary.#addText('EXIF text', exifText);
    canary.#addText('file name', canary.fileName);
    if (model !== undefined) await canary.#addPixels(model);
    return canary;
  }

  /** Notes the job's token, which is in the service's memory for as long as the job lives. */
  learnToken(token: string): void {
    this.#add('job token', Buffer.from(token, 'latin1'));
  }

  /** Notes the result, of which only the client knows what it looks like. Its pixels are known after `settle`. */
  learnResult(result: Buffer): void {
    this.#add('result file', result, { skipBytes: HEADER_BYTES, everyBytes: FILE_WINDOW_EVERY });
    this.#addBase64('result as base64', result);
    this.#resultsToDecode.push(result);
  }

  /**
   * Draws a text that goes with the image, such as a value or a name. Its letters are Cyrillic: in the buffers of a
   * request, an answer or an archive they are UTF-8, and in a string of V8 they are UTF-16, so that one can be told
   * from the other.
   */
  drawText(kind: string): string {
    const text = cyrillicText(24);
    this.#add(kind, Buffer.from(text, 'utf8'), { minDistinct: TEXT_DISTINCT });
    this.#add(`${kind}, ${AS_STRING}`, Buffer.from(text, 'utf16le'), { minDistinct: UTF16_DISTINCT });
    return text;
  }

  /** Works out what takes time: the pixels of results. */
  async settle(): Promise<void> {
    const results = this.#resultsToDecode;
    this.#resultsToDecode = [];
    for (const result of results) this.#add('result pixels', (await decodeFull(result, MAX_PIXELS)).data);
  }

  /** All forms known so far. */
  get payloads(): readonly Payload[] {
    return this.#payloads;
  }

  async #addPixels({ sidePixels, mean, std }: ModelInput): Promise<void> {
    const { bytes } = this.image;
    const full = await decodeFull(bytes, MAX_PIXELS);
    this.#add('pixels RGBA', full.data);
    this.#add('pixels RGB', withoutAlpha(full.data));
    const pixels = await decodeForModel(bytes, sidePixels, MAX_PIXELS);
    this.#add('model pixels', pixels);
    if (mean !== undefined && std !== undefined) {
      this.#add('model tensor', tensorOf(pixels, { mean, std }), { unitBytes: 4 });
    }
  }

  #add(kind: string, bytes: Uint8Array, more: Partial<Payload> = {}): void {
    this.#payloads.push({ canary: this.name, kind, bytes, ...more });
  }

  #addBase64(kind: string, bytes: Buffer): void {
    for (const shift of [0, 1, 2]) {
      const text = Buffer.from(bytes.subarray(HEADER_BYTES + shift).toString('base64'), 'latin1');
      this.#add(kind, text, { alternatives: 3, everyBytes: BASE64_WINDOW_EVERY });
    }
  }

  #addText(kind: string, text: string): void {
    this.#add(kind, Buffer.from(text, 'utf8'), { minDistinct: TEXT_DISTINCT });
    this.#add(`${kind}, UTF-16`, Buffer.from(text, 'utf16le'), { minDistinct: UTF16_DISTINCT });
  }
}

/** Random bytes that are never sent: what finds them is broken. */
export const neverSent = (): Payload => ({
  canary: 'control',
  kind: 'never sent',
  bytes: randomBytes(CONTROL_BYTES),
});

const CYRILLIC_A = 0x430;

const cyrillicText = (length: number): string =>
  Array.from(randomBytes(length), (byte) => String.fromCharCode(CYRILLIC_A + (byte & 31))).join('');

function withoutAlpha(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb.set(rgba.subarray(from, from + 3), to);
  }
  return rgb;
}

/** One plane of float32 for each channel, `(value - mean) / std`, as the network is fed. */
function tensorOf(pixels: Uint8Array, { mean, std }: Required<Omit<ModelInput, 'sidePixels'>>): Uint8Array {
  const size = pixels.length / 3;
  const planes = new Float32Array(pixels.length);
  for (let channel = 0; channel < 3; channel += 1) {
    for (let i = 0; i < size; i += 1) {
      const value = pixels[i * 3 + channel] as number;
      planes[channel * size + i] = (value - (mean[channel] as number)) / (std[channel] as number);
    }
  }
  return new Uint8Array(planes.buffer);
}
