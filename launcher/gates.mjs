/**
 * What `npm test` runs, in this order, scripts two at a time. A gate is an npm script (it counts as one test), or folders
 * of Jest tests.
 * @typedef {{ name: string, script: string }} ScriptGate
 * @typedef {{ name: string, folders: string[], oneByOne: boolean }} JestGate
 * @typedef {ScriptGate | JestGate} Gate
 */

/** @type {readonly Gate[]} */
export const GATES = [
  { name: 'lint', script: 'check:lint' },
  { name: 'types', script: 'check:types' },
  { name: 'format', script: 'check:format' },
  { name: 'direction', script: 'check:direction' },
  { name: 'openapi', script: 'check:openapi' },
  { name: 'packages', script: 'check:packages' },
  { name: 'unit', folders: ['test/unit'], oneByOne: false },
  { name: 'integration', folders: ['test/integration'], oneByOne: false },
  // These start servers and look at the clock or at memory: side by side they would disturb each other.
  { name: 'retention', folders: ['test/retention'], oneByOne: true },
  { name: 'e2e', folders: ['test/e2e'], oneByOne: true },
  { name: 'contract', folders: ['test/contract'], oneByOne: true },
  { name: 'faults', folders: ['test/faults'], oneByOne: true },
  { name: 'scale', folders: ['test/scale'], oneByOne: true },
  { name: 'hostile', folders: ['test/hostile'], oneByOne: true },
  { name: 'deploy', folders: ['test/deploy'], oneByOne: true },
  { name: 'browser', folders: ['test/browser'], oneByOne: true },
];

/**
 * The gates named, in their own order; all of them when none is named.
 * @param {string[]} names
 * @returns {{ gates: readonly Gate[], unknown: string[] }}
 */
export function chooseGates(names) {
  const unknown = names.filter((name) => !GATES.some((gate) => gate.name === name));
  const isWanted = (/** @type {Gate} */ { name }) => names.length === 0 || names.includes(name);
  return { gates: GATES.filter(isWanted), unknown };
}
