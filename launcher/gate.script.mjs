import { performNpm } from './programs.mjs';

/**
 * Runs a gate that is an npm script.
 * @param {import('./gates.mjs').ScriptGate} gate
 * @returns {Promise<import('./gate.jest.mjs').Tally>}
 */
export async function runScriptGate({ script }) {
  const { ok } = await performNpm(['run', '--silent', script]);
  return ok ? { passed: 1, failed: 0, notes: [] } : { passed: 0, failed: 1, notes: [`npm run ${script}`] };
}
