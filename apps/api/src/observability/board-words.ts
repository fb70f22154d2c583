/** Quantities as people read them. */

const MIB = 1_048_576;
const GIB = 1024 * MIB;

/** Bytes in MiB or GiB. */
export const bytesText = (bytes: number): string =>
  bytes >= GIB ? `${(bytes / GIB).toFixed(1)} GiB` : `${Math.round(bytes / MIB)} MiB`;

/** The upper bound of a measured time; `—` before there is one. */
export function upperBoundText(seconds: number | undefined): string {
  if (seconds === undefined) return '—';
  if (seconds === Infinity) return 'off the scale';
  return seconds < 1 ? `≤ ${Math.round(seconds * 1000)} ms` : `≤ ${seconds} s`;
}

/** A whole number with separators. */
export const countText = (count: number): string => Math.round(count).toLocaleString('en');

/** A number a minute. */
export const rateText = (perMinute: number): string =>
  perMinute >= 100 ? countText(perMinute) : perMinute.toFixed(1);
