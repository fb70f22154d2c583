const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** Rounds a duration up for a text with "about": to seconds, above ten to five seconds, above a minute to minutes. */
export function roundedMs(ms: number): number {
  const unitMs = ms <= 10 * SECOND_MS ? SECOND_MS : ms <= MINUTE_MS ? 5 * SECOND_MS : MINUTE_MS;
  return Math.max(SECOND_MS, Math.ceil(ms / unitMs) * unitMs);
}
