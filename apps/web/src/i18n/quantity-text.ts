/** Languages of the page. */
export const LANGUAGES = ['en', 'bn'] as const;

/** Language of the page, as `lang` names it (BCP 47). */
export type Language = (typeof LANGUAGES)[number];

const KILO = 1024;
const MEGA = KILO * KILO;

const unit = (language: Language, value: number, options: Intl.NumberFormatOptions): string =>
  new Intl.NumberFormat(language, { style: 'unit', maximumFractionDigits: 0, ...options }).format(value);

/** A number: `1,234`, `১,২৩৪`. */
export const numberText = (language: Language, value: number): string =>
  new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(value);

/** A file size: `640 kB`, `3.4 MB`. */
export function bytesText(language: Language, bytes: number): string {
  if (bytes < KILO) return unit(language, bytes, { unit: 'byte', unitDisplay: 'long' });
  if (bytes < MEGA) return unit(language, bytes / KILO, { unit: 'kilobyte' });
  const maximumFractionDigits = bytes < 10 * MEGA ? 1 : 0;
  return unit(language, bytes / MEGA, { unit: 'megabyte', maximumFractionDigits });
}

/** A duration, rounded up and at least one second: `8 seconds`, `3 minutes`, `2 hours`. */
export function durationText(language: Language, ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 100) return unit(language, seconds, { unit: 'second', unitDisplay: 'long' });
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 100) return unit(language, minutes, { unit: 'minute', unitDisplay: 'long' });
  return unit(language, Math.ceil(minutes / 60), { unit: 'hour', unitDisplay: 'long' });
}

/** Time of day. */
export const clockText = (language: Language, at: Date): string =>
  new Intl.DateTimeFormat(language, { timeStyle: 'short' }).format(at);

/** Date and time with seconds and time zone. */
export const momentText = (language: Language, at: Date): string =>
  new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'long' }).format(at);
