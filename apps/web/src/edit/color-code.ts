/** The color `#rrggbb` of a code with three or six hexadecimal digits, with or without `#`; undefined for anything else. */
export function parseColor(text: string): string | undefined {
  const digits = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/.exec(text.trim().toLowerCase())?.[1];
  if (digits === undefined) return undefined;
  return `#${digits.length === 6 ? digits : digits.replaceAll(/./g, (digit) => digit + digit)}`;
}

/** Number of own colors that are offered again. */
const MAX_RECENT = 4;

/** Own colors of this tab, newest first. They are in memory only. */
export class RecentColors {
  private colors: readonly string[] = [];

  /** The colors, newest first. */
  get all(): readonly string[] {
    return this.colors;
  }

  /** Adds a color, or moves it to the front. */
  add(color: string): void {
    this.colors = [color, ...this.colors.filter((one) => one !== color)].slice(0, MAX_RECENT);
  }
}
