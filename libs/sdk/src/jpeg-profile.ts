const ICC_HEAD = Uint8Array.from('ICC_PROFILE\0', (letter) => letter.charCodeAt(0));
/** Maximum profile bytes in one segment, besides length, name, index and count (ICC.1, annex B.4). */
const MAX_PART_BYTES = 65_535 - 2 - ICC_HEAD.length - 2;

const APP2 = 0xe2;
const SOS = 0xda;

/** Replaces the ICC profile of a JPEG. @throws Error if the file is not a JPEG */
export function withProfile(jpeg: Uint8Array, profile: Uint8Array): Uint8Array<ArrayBuffer> {
  if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8) throw new Error('not a JPEG file');
  const kept: Uint8Array[] = [];
  let at = 2;
  while (jpeg[at] === 0xff && jpeg[at + 1] !== SOS && at + 4 <= jpeg.length) {
    const to = at + 2 + (((jpeg[at + 2] as number) << 8) | (jpeg[at + 3] as number));
    const isProfile = jpeg[at + 1] === APP2 && ICC_HEAD.every((byte, i) => jpeg[at + 4 + i] === byte);
    if (!isProfile) kept.push(jpeg.subarray(at, to));
    at = to;
  }
  // JFIF requires its segment to come first.
  const [first = new Uint8Array(0), ...others] = kept;
  return concat([jpeg.subarray(0, 2), first, ...profileSegments(profile), ...others, jpeg.subarray(at)]);
}

function profileSegments(profile: Uint8Array): Uint8Array[] {
  const count = Math.ceil(profile.length / MAX_PART_BYTES);
  return Array.from({ length: count }, (_, i) => {
    const part = profile.subarray(i * MAX_PART_BYTES, (i + 1) * MAX_PART_BYTES);
    const length = 2 + ICC_HEAD.length + 2 + part.length;
    const head = Uint8Array.of(0xff, APP2, length >> 8, length & 0xff, ...ICC_HEAD, i + 1, count);
    return concat([head, part]);
  });
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
