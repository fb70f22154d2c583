import { randomBytes } from 'node:crypto';
import { decodeForModel, decodeFull, squareFrame } from '#imaging/decode/decode.js';
import type { Payload } from '../scan/window-index.js';
import { drawCanary, randomText, type CanaryImage, type CanaryShape } from './canary-image.js';

/** Offset behind which all bytes are encoded pixels. Tables, profiles and EXIF come before it. */
const HEADER_BYTES = 2048;
/** Distance between windows of a file: every piece of 55 bytes contains one. */
const FILE_WINDOW_EVERY = 32;
/** Distance between windows of base64: every piece of 87 letters, or 65 bytes, contains one. */
const BASE64_WINDOW_EVERY = 64;
const MAX_PIXELS = 50_000_000;
const CONTROL_BYTES = 1_048_576;
/** Random letters have fewer different values in a window than random bytes. */
const TEXT_DISTINCT = 8;
const UTF16_DISTINCT = 6;

/** Form of a text that is reported but not counted: JavaScript strings cannot be overwritten. */
export const AS_STRING = 'as a string';

/** Input of the audited model: bytes, or floats with a mean and a standard deviation. */
export interface ModelInput {
  sidePixels: number;
  mean?: readonly number[];
  std?: readonly number[];
}

/** One picture that is sent once, and all forms in which it could be left. */
export class Canary {
  readonly fileName = `canary-${randomText(40)}.jpg`;
  readonly #payloads: Payload[] = [];
  private resultsToDecode: Buffer[] = [];

  private constructor(
    readonly name: string,
    readonly image: CanaryImage,
  ) {}

  /**
   * Draws a canary and computes its forms.
   * @param model input of the model; omitted for a picture of which only the encoded forms are searched for
   */
  static async draw(name: string, shape: CanaryShape, model?: ModelInput): Promise<Canary> {
    const canary = new Canary(name, await drawCanary(shape));
    const { bytes, exifText } = canary.image;
    canary.add('input file', bytes, { skipBytes: HEADER_BYTES, everyBytes: FILE_WINDOW_EVERY });
    canary.addBase64('input as base64', bytes);
    canary.addText('EXIF text', exifText);
    canary.addText('file name', canary.fileName);
    if (model !== undefined) await canary.addPixels(model);
    return canary;
  }

  /** Adds the job's token, which the service holds in memory while the job exists. */
  learnToken(token: string): void {
    this.add('job token', Buffer.from(token, 'latin1'));
  }

  /** Adds the result, which only the client knows. `settle` adds its pixels. */
  learnResult(result: Buffer): void {
    this.add('result file', result, { skipBytes: HEADER_BYTES, everyBytes: FILE_WINDOW_EVERY });
    this.addBase64('result as base64', result);
    this.resultsToDecode.push(result);
  }

  /**
   * Draws a text that goes with the image, such as a value or a name. Its letters are Cyrillic: in the buffers of a
   * request, an answer or an archive they are UTF-8, and in a string of V8 they are UTF-16.
   */
  drawText(kind: string): string {
    const text = cyrillicText(24);
    this.add(kind, Buffer.from(text, 'utf8'), { minDistinct: TEXT_DISTINCT });
    this.add(`${kind}, ${AS_STRING}`, Buffer.from(text, 'utf16le'), { minDistinct: UTF16_DISTINCT });
    return text;
  }

  /** Decodes results, which takes time, and adds their pixels. */
  async settle(): Promise<void> {
    const results = this.resultsToDecode;
    this.resultsToDecode = [];
    for (const result of results) this.add('result pixels', (await decodeFull(result, MAX_PIXELS)).data);
  }

  /** All forms known so far. */
  get payloads(): readonly Payload[] {
    return this.#payloads;
  }

  private async addPixels({ sidePixels, mean, std }: ModelInput): Promise<void> {
    const { bytes } = this.image;
    const full = await decodeFull(bytes, MAX_PIXELS);
    this.add('pixels RGBA', full.data);
    this.add('pixels RGB', withoutAlpha(full.data));
    const { data: pixels } = await decodeForModel(bytes, squareFrame(sidePixels), MAX_PIXELS);
    this.add('model pixels', pixels);
    if (mean !== undefined && std !== undefined) {
      this.add('model tensor', tensorOf(pixels, { mean, std }), { unitBytes: 4 });
    }
  }

  private add(kind: string, bytes: Uint8Array, more: Partial<Payload> = {}): void {
    this.#payloads.push({ canary: this.name, kind, bytes, ...more });
  }

  private addBase64(kind: string, bytes: Buffer): void {
    for (const shift of [0, 1, 2]) {
      const text = Buffer.from(bytes.subarray(HEADER_BYTES + shift).toString('base64'), 'latin1');
      this.add(kind, text, { alternatives: 3, everyBytes: BASE64_WINDOW_EVERY });
    }
  }

  private addText(kind: string, text: string): void {
    this.add(kind, Buffer.from(text, 'utf8'), { minDistinct: TEXT_DISTINCT });
    this.add(`${kind}, UTF-16`, Buffer.from(text, 'utf16le'), { minDistinct: UTF16_DISTINCT });
  }
}

/** Random bytes that are never sent. A scanner that finds them is broken. */
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

/** One plane of float32 for each channel, `(value - mean) / std`, as the model takes it. */
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
