/** Waits. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The first value of `probe` that is neither undefined nor false. @throws Error when none comes in time */
export async function eventually<T>(
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 15_000,
): Promise<T> {
  for (const until = Date.now() + timeoutMs; ;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > until) throw new Error(`did not come to hold: ${probe.toString()}`);
    await pause(50);
  }
}
