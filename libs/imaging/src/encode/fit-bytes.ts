import { failure } from '#contracts/failure-facts.js';
import type { Problem } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';

/** A quality below this shows blocks and smeared edges. */
const MIN_QUALITY = 30;
/** Encodings of one image at most; each takes as long as the first. */
const MAX_ENCODINGS = 5;
/** A file of this share of the limit is large enough: a better quality is not looked for. */
const NEAR = 0.95;
/** Share of the limit that a guess aims at, since sizes do not follow the line exactly. */
const AIM = 0.98;
/** Growth of log(bytes) per step of quality until two encodings have measured it. */
const GROWTH = 0.035;

interface Tried {
  quality: number;
  /** log(bytes) */
  size: number;
}

/**
 * Encodes an image with the best quality whose file has at most `maxBytes`. Sizes grow about exponentially with the quality, so a
 * secant on log(bytes) finds it; each encoding narrows the range.
 * @param encode makes the file of a quality, 1 to 100; files that are not returned are wiped
 * @param best the quality tried first
 * @throws Problem `max-bytes-too-small` when the file is larger at quality 30, or at `best` where that is lower
 */
export async function fitBytes(
  encode: (quality: number) => Promise<Buffer>,
  maxBytes: number,
  best: number,
): Promise<Buffer> {
  const worst = Math.min(MIN_QUALITY, best);
  const tried: Tried[] = [];
  let [low, high] = [worst, best];
  let fitting: Buffer | undefined;
  let quality = best;
  try {
    while (low <= high && tried.length < MAX_ENCODINGS) {
      // The last encoding goes to the lowest quality when nothing has fitted.
      if (fitting === undefined && tried.length === MAX_ENCODINGS - 1) quality = worst;
      const file = await encode(quality);
      tried.push({ quality, size: Math.log(file.length) });
      if (file.length > maxBytes) {
        wipe(file);
        high = quality - 1;
      } else {
        wipe(fitting);
        fitting = file;
        if (quality === best || file.length >= NEAR * maxBytes) break;
        low = quality + 1;
      }
      quality = Math.min(high, Math.max(low, guess(tried, maxBytes)));
    }
  } catch (error) {
    wipe(fitting);
    throw error;
  }
  if (fitting === undefined) throw tooSmall(tried);
  return fitting;
}

/** The quality whose file has `AIM` of the limit, on the line through the two sizes nearest to it. */
function guess(tried: readonly Tried[], maxBytes: number): number {
  const aim = Math.log(AIM * maxBytes);
  const distance = ({ size }: Tried): number => Math.abs(size - aim);
  const [near, next] = tried.toSorted((one, other) => distance(one) - distance(other));
  if (near === undefined) throw new RangeError('no size is known');
  const slope = next === undefined ? GROWTH : (next.size - near.size) / (next.quality - near.quality);
  return Math.floor(near.quality + (aim - near.size) / (slope > 0 ? slope : GROWTH));
}

function tooSmall(tried: readonly Tried[]): Problem {
  const smallest = Math.round(Math.exp(Math.min(...tried.map(({ size }) => size))));
  return failure('max-bytes-too-small', { smallest_bytes: smallest });
}
