const MEGA = 1024 * 1024;

/** A file size as people read it: `640 KB`, `3.4 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  if (bytes < MEGA) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / MEGA).toFixed(bytes < 10 * MEGA ? 1 : 0)} MB`;
}

/** A duration as people read it, rounded up and never zero: `about 8 s`, `about 3 min`. */
export function durationText(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  return seconds < 100 ? `about ${seconds} s` : `about ${Math.ceil(seconds / 60)} min`;
}

/** A place in a queue: `Next in line`, `3rd in line`. */
export function placeText(position: number): string {
  if (position <= 1) return 'Next in line';
  const tens = position % 100;
  const suffix = tens >= 11 && tens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][position % 10] ?? 'th');
  return `${position}${suffix} in line`;
}

/** Time of day, in the reader's own way of writing it. */
export const clockText = (at: Date): string => at.toLocaleTimeString([], { timeStyle: 'short' });
