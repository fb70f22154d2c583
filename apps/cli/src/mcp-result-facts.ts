import { z } from 'zod';
import { RESULT_FORMATS } from '#contracts/option-names.js';
import { LOW_CONFIDENCE } from '#contracts/result-hints.js';
import type { CutoutFacts } from '#sdk/cutout-image.js';
import { bytesText } from './progress-display.js';

/** A result that has been written, as data. */
export const resultSchema = z.object({
  output_path: z.string(),
  format: z.enum(RESULT_FORMATS),
  width: z.int().describe('Pixels'),
  height: z.int().describe('Pixels'),
  bytes: z.int(),
  confidence: z
    .number()
    .optional()
    .describe(`How certain the model is of the cut-out, 0 to 1; look at results below ${LOW_CONFIDENCE}`),
  hints: z.array(z.string()).describe('`low-confidence`, `no-subject`, `graphics` (cut out by its colors)'),
});

/** @see resultSchema */
export type ResultView = z.output<typeof resultSchema>;

export function resultView(path: string, facts: CutoutFacts): ResultView {
  const { format, width, height, bytes, confidence, hints } = facts;
  return {
    ...{ output_path: path, format, width, height, bytes },
    ...(confidence !== undefined && { confidence }),
    hints: [...hints],
  };
}

const HINT_SENTENCES: Readonly<Record<string, string>> = {
  'low-confidence': 'The confidence is low: have a person look at the result.',
  'no-subject': 'Nothing that stands out was found.',
  graphics: 'The image is a drawing and was cut out by its colors.',
};

/** A result in sentences. */
export function resultSentences({ output_path: path, ...result }: ResultView): string[] {
  const { format, width, height, bytes, confidence, hints } = result;
  return [
    `Wrote ${path} (${format}, ${width}x${height} pixels, ${bytesText(bytes)}).`,
    ...(confidence === undefined ? [] : [`Confidence: ${confidence.toFixed(2)}.`]),
    ...hints.flatMap((hint) => HINT_SENTENCES[hint] ?? []),
  ];
}
