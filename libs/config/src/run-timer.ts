/** Maximum time between two ticks that counts as run time. */
const TICK_MS = 250;

/**
 * Calls `onTick` about every 250 ms (or `tickMs`) with the milliseconds in which this process ran since the last call. Time in
 * which it was stopped, not scheduled or blocked does not count, and pending socket data has been read by then. Returns a
 * function that stops it. It does not keep the process alive.
 */
export function onRunTicks(onTick: (ranMs: number) => void, tickMs: number = TICK_MS): () => void {
  let last = performance.now();
  let stopped = false;
  const timer = setInterval(() => {
    const now = performance.now();
    const ranMs = Math.min(now - last, tickMs);
    last = now;
    // Timers fire before sockets are read; immediates run after.
    setImmediate(() => {
      if (!stopped) onTick(ranMs);
    });
  }, tickMs).unref();
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}

/**
 * Calls `act` once this process has run for `ms`; see `onRunTicks`. With `clock`, the CPU time of another process in
 * milliseconds, only time in which that process ran counts as well. Returns a function that cancels it.
 */
export function afterRunning(ms: number, act: () => void, clock?: () => number | undefined): () => void {
  let restMs = ms;
  let last = clock?.();
  const stop = onRunTicks(
    (ranMs) => {
      const now = clock?.();
      restMs -= now === undefined || last === undefined ? ranMs : Math.min(ranMs, now - last);
      last = now;
      if (restMs > 0) return;
      stop();
      act();
    },
    Math.max(1, Math.min(TICK_MS, ms)),
  );
  return stop;
}
