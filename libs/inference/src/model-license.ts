import { SettingsError } from '#config/settings.js';
import { LICENSE_CLASSES, type LicenseClass, type ModelLicense } from '#contracts/model-license.js';
import type { ModelEntry } from './model-manifest.js';

/** Licenses that exclude commercial use, in SPDX identifiers and in words. */
const NON_COMMERCIAL = /(^|[^a-z])nc([^a-z]|$)|non-?\s?commercial|research[ -]only/i;
/** Licenses whose conditions extend to derived works. The lesser GPL is not one of them: it names files. */
const COPYLEFT = /\b(a?gpl|sspl|eupl|osl)\b|\bcc[ -]by[ -]sa\b|affero|gnu general public/i;

/** The class that the text of a license implies. Permissive texts imply none: they do not cover training data. */
export function impliedClass(text: string): LicenseClass {
  if (NON_COMMERCIAL.test(text)) return 'non-commercial';
  return COPYLEFT.test(text) ? 'copyleft' : 'undeclared';
}

/** True when a license of this text cannot have the class, because its text is stricter. */
export function contradicts(text: string, given: LicenseClass): boolean {
  const implied = impliedClass(text);
  return implied !== 'undeclared' && LICENSE_CLASSES.indexOf(given) < LICENSE_CLASSES.indexOf(implied);
}

/** The form of licenses in `models/local.json` of version 0.1.0 and earlier. */
interface FormerLicense {
  package: string;
  weights: string;
  note: string;
}

/** The license of a model that was added before there were classes. */
export function upgradeLicense({ package: ofPackage, weights, note }: FormerLicense): ModelLicense {
  return { class: impliedClass(`${ofPackage} ${weights}`), weights, package: ofPackage, source: note };
}

/** An entry and the models that it is made from, the entry first. */
export function lineage(entry: ModelEntry, models: readonly ModelEntry[]): ModelEntry[] {
  const found: ModelEntry[] = [];
  let next: ModelEntry | undefined = entry;
  while (next !== undefined && !found.includes(next)) {
    found.push(next);
    const { source }: ModelEntry = next;
    next = source.kind === 'recipe' ? models.find(({ name }) => name === source.from) : undefined;
  }
  return found;
}

/** The model that makes the license of `entry` disallowed: itself or one that it is made from. */
export function disallowed(
  entry: ModelEntry,
  models: readonly ModelEntry[],
  allowed: readonly LicenseClass[],
): ModelEntry | undefined {
  return lineage(entry, models).find(({ license }) => !allowed.includes(license.class));
}

/**
 * Checks a model against MODEL_LICENSES.
 * @param models all models, to find those that it is made from
 * @param allowed value of MODEL_LICENSES
 * @throws SettingsError that names model, class and what to change
 */
export function requireAllowedLicense(
  entry: ModelEntry,
  models: readonly ModelEntry[],
  allowed: readonly LicenseClass[],
): void {
  const cause = disallowed(entry, models, allowed);
  if (cause === undefined) return;
  const { class: its, weights, package: ofPackage } = cause.license;
  const who = cause === entry ? 'its license' : `the license of ${cause.name}, which it is made from,`;
  const terms = weights === ofPackage ? weights : `package ${ofPackage}, weights ${weights}`;
  const fix =
    its === 'undeclared'
      ? 'state its class with `npm run models -- add … --license-class CLASS`'
      : `add ${its} to MODEL_LICENSES`;
  throw new SettingsError(
    `${entry.name} may not be used: ${who} is ${its} (${terms}), and MODEL_LICENSES allows ${allowed.join(', ')} only. ` +
      `Set MODEL to a model that is allowed (\`npm run models -- list\`), or ${fix}.`,
  );
}
