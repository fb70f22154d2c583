import { pause } from '../system/audited-system.js';
import { ticksUsed } from '../system/process-table.js';
import type { PathStage } from './audit-path.js';

const REST_LIMIT_MS = 20_000;
const REST_WINDOW_MS = 250;

/** Resolves once no engine works: a running inference ends with the stage that it is in. */
export async function engineRests(system: PathStage['system']): Promise<void> {
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
