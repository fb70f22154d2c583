/**
 * Checks whether an accelerator of PROVIDER works on this machine: exits with 0, or with 1 and a reason for each on
 * stderr. `npm start` runs it as a separate process, because a driver may crash the process that loads it.
 */
import { enginePlans } from '#config/engine-plan.js';
import { loadSettings } from '#config/settings.js';
import { ProviderUnavailable, tryProvider } from './session-factory.js';

const reasons: string[] = [];
for (const { provider } of enginePlans(loadSettings(process.env))) {
  try {
    await tryProvider(provider);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof ProviderUnavailable)) throw error;
    reasons.push(error.message);
  }
}
process.stderr.write(`${reasons.join('; ')}\n`);
process.exitCode = 1;
