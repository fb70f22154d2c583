import { failureNumbersSchema, type FailureNumbers } from './failure-numbers.js';
import { isProblemCode, Problem, type ProblemCode, type ProblemFacts } from './problem-catalog.js';

/** A problem with numbers, which are passed on with its code. */
export const failure = (code: ProblemCode, numbers: FailureNumbers): Problem =>
  new Problem(code, { ...failureFacts(code, numbers), numbers });

/** The public facts of a problem with these numbers. */
export function failureFacts(code: ProblemCode, numbers: FailureNumbers = {}): ProblemFacts {
  switch (code) {
    case 'max-bytes-too-small':
      return { parameter: 'max_bytes', ...detail(smallestSentence(numbers)) };
    case 'subject-not-found':
      return { parameter: 'subject', ...detail(subjectsSentence(numbers)) };
    case 'mask-mismatch':
      return detail(maskSentence(numbers));
    case 'image-too-many-pixels':
      return pixelFacts(numbers);
    case 'ground-not-flat':
      return detail(
        numbers.transparent === 1 ? 'The image is transparent already. Leave "graphics" out.' : undefined,
      );
    default:
      return {};
  }
}

const detail = (sentence: string | undefined): ProblemFacts =>
  sentence === undefined ? {} : { detail: sentence };

const smallestSentence = ({ smallest_bytes: bytes }: FailureNumbers): string | undefined =>
  bytes === undefined
    ? undefined
    : `The smallest file of this result has ${bytes} bytes. Use a larger "max_bytes" or a smaller "size".`;

function subjectsSentence({ subjects }: FailureNumbers): string | undefined {
  if (subjects === undefined) return undefined;
  return `The image has ${subjects === 0 ? 'no subject' : subjects === 1 ? 'one subject' : `${subjects} subjects`}.`;
}

function maskSentence(numbers: FailureNumbers): string | undefined {
  const { mask_width: across, mask_height: down, image_width: width, image_height: height } = numbers;
  if ([across, down, width, height].includes(undefined)) return undefined;
  return `The mask has ${across} × ${down} pixels, and the upright image ${width} × ${height}.`;
}

function pixelFacts(numbers: FailureNumbers): ProblemFacts {
  const { max_pixels: pixels, max_deep_pixels: deep, max_side_pixels: side } = numbers;
  const { result_width: width, result_height: height, max_format_pixels: held } = numbers;
  if (pixels !== undefined) return { limit: pixels, unit: 'pixels' };
  if (side !== undefined) return { limit: side, unit: 'pixels a side' };
  if (held !== undefined) return detail(`The format of the result holds at most ${held} pixels a side.`);
  if (deep !== undefined) {
    const millions = deep / 1_000_000;
    const sentence = `A result of 16 bits a channel has at most ${millions} million pixels.`;
    return { limit: deep, unit: 'pixels', ...detail(sentence) };
  }
  if (width === undefined || height === undefined) return {};
  return detail(
    `The result would have ${width} × ${height} pixels. Use a smaller "output_size", "padding" or "margin".`,
  );
}

/** A failure as it is stored: its code, then `;name=number` for each number. */
export const failureText = (code: ProblemCode, numbers: FailureNumbers = {}): string =>
  [code, ...Object.entries(numbers).map(([name, value]) => `${name}=${value}`)].join(';');

const NUMBER = /^([a-z_]{1,20})=(\d{1,16})$/;
const MAX_TEXT = 400;

/** A stored failure. An unknown code is `processing-failed`; numbers that this release does not know are left out. */
export function parseFailure(text: string | undefined): { code: ProblemCode; numbers: FailureNumbers } {
  const [code = '', ...parts] = text === undefined || text.length > MAX_TEXT ? [] : text.split(';');
  if (!isProblemCode(code)) return { code: 'processing-failed', numbers: {} };
  const found = parts.map((part) => NUMBER.exec(part)).filter((match) => match !== null);
  const named = found.filter(([, name = '']) => Object.hasOwn(failureNumbersSchema.shape, name));
  const parsed = failureNumbersSchema.safeParse(
    Object.fromEntries(named.map(([, name, digits]) => [name, Number(digits)])),
  );
  return { code, numbers: parsed.data ?? {} };
}
