import { performNpm } from './programs.mjs';

/**
 * Runs a gate that is an npm script.
 * @param {import('./gates.mjs').ScriptGate} gate
 * @returns {Promise<import('./gate.jest.mjs').Tally & { output: string }>} the counts, and what the script said
 */
export async function runScriptGate({ script }) {
  const { ok, output } = await performNpm(['run', '--silent', script], { captured: true });
  const notes = ok ? [] : [`npm run ${script}`];
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, notes, output };
}
