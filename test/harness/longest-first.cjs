const { relative } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * The test files that take longest, in this order. They only decide when a file starts: a name that is wrong here, or
 * missing, costs time and nothing else.
 */
const LONGEST = [
  ...['browser/states', 'e2e/doc-commands', 'retention/audit-errors', 'faults/many-deliveries'],
  ...['deploy/edge-service', 'browser/docs', 'retention/audit', 'contract/contract', 'faults/random-faults'],
  ...['e2e/never-reading', 'browser/list', 'browser/page', 'e2e/subjects', 'e2e/removebg'],
  ...['hostile/slow-clients', 'faults/batch-faults', 'e2e/docs-samples', 'unit/worker/engine-supervisor'],
  ...['unit/api/parser-work', 'e2e/options', 'faults/busy-machine', 'hostile/corpus-served'],
  ...[
    'faults/sdk-faults',
    'faults/stopped-process',
    'deploy/image-run',
    'browser/shell',
    'browser/page-ways',
  ],
  ...['browser/editor', 'e2e/keys', 'e2e/metrics', 'e2e/models', 'e2e/command-line', 'e2e/workers-on-demand'],
  ...['unit/sdk/sdk-package', 'e2e/large-webp', 'e2e/event-stream', 'e2e/operation', 'hostile/fuzz'],
  ...['browser/card', 'scale/shards', 'e2e/delivery-paths', 'faults/engine-killed'],
  ...['unit/inference/model-variants', 'unit/imaging/cutout-pipeline', 'unit/zip/zip-writer'],
].map((name) => `test/${name}.test.ts`);

const rankOf = ({ path, context }) => {
  const rank = LONGEST.indexOf(relative(context.config.rootDir, path).replaceAll('\\', '/'));
  return rank === -1 ? LONGEST.length : rank;
};

/**
 * Order of the test files where Jest has no times of an earlier run, as in a fresh clone: the longest first, so that no core
 * is idle at the end of a run. Jest itself takes large files for long ones.
 */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const bySize = super.sort(tests);
    if (bySize.every(({ duration }) => duration !== undefined)) return bySize;
    return bySize.sort((a, b) => rankOf(a) - rankOf(b));
  }
};
