import { pause } from '../system/audited-system.js';
import { ticksUsed } from '../system/process-table.js';
import type { PathStage } from './audit-path.js';

const REST_LIMIT_MS = 20_000;
const REST_WINDOW_MS = 250;

/** Resolves when no engine uses the CPU. A cancelled inference ends with its current stage. */
export async function waitForIdleEngine(system: PathStage['system']): Promise<void> {
  const used = (): number =>
    system
      .processes()
      .filter(({ role }) => role === 'engine')
      .reduce((sum, { pid }) => sum + ticksUsed(pid), 0);
  for (const until = Date.now() + REST_LIMIT_MS; Date.now() < until;) {
    const before = used();
    await pause(REST_WINDOW_MS);
    if (Math.abs(used() - before) <= 1) return;
  }
}
