import { z } from 'zod';

/**
 * What the license of a model asks of an operator, mildest first. `undeclared`: a model that was added without a class.
 */
export const LICENSE_CLASSES = [
  'permissive',
  'permissive-doubtful-data',
  'copyleft',
  'non-commercial',
  'undeclared',
] as const;

/** @see LICENSE_CLASSES */
export type LicenseClass = (typeof LICENSE_CLASSES)[number];

/** License of a model. */
export const modelLicenseSchema = z.strictObject({
  class: z
    .enum(LICENSE_CLASSES)
    .describe(
      '`permissive-doubtful-data`: permissive weights, trained with data of stricter terms. `undeclared`: the operator stated none',
    ),
  weights: z
    .string()
    .min(1)
    .describe(
      'SPDX expression for the weights, where there is one; `NOASSERTION` when they carry no license',
    ),
  package: z.string().min(1).describe('The same for the package or file that contains them'),
  doubt: z.string().min(1).optional().describe('What is uncertain about it, in one sentence'),
  source: z.string().min(1).describe('Where the license is stated'),
});

/** @see modelLicenseSchema */
export type ModelLicense = z.output<typeof modelLicenseSchema>;
