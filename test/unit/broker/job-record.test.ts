import { parseRecord } from '#broker/records/job-record.js';
import type { JobId } from '#contracts/job-id.js';
import { toResultFacts } from '../../../apps/api/src/results/job.mapper.js';

const ID = 'q83vASNFZ4mrze8BI0VniQ' as JobId;
const OLD = {
  ...{ bytes: 5, width: 1, height: 1, format: 'png', foreground: { left: 0, top: 0, width: 1, height: 1 } },
  ...{ model: 'isnet', provider: 'cpu', attempt: 1, chunks: 1, timingsMs: { infer: 1 } },
};
const NEW = {
  confidence: 0.93,
  subjects: [{ box: { left: 0, top: 0, width: 1, height: 1 }, share: 1 }],
  hints: ['graphics'],
  looks: 2,
};

const outputOf = (output: object) =>
  parseRecord(ID, {
    ...{ state: 'ready', version: '4', deadlineAt: '2', acceptedAt: '1' },
    output: JSON.stringify(output),
  })?.output;

it('given a record with promises, then they are read, and a record without has none', () => {
  const promisesOf = (fields: Record<string, string>) =>
    parseRecord(ID, { state: 'failed', version: '4', deadlineAt: '2', acceptedAt: '1', ...fields })?.promises;
  expect(promisesOf({ startMs: '3000', keepMs: '1000' })).toEqual({ startMs: 3000, keepMs: 1000 });
  expect(promisesOf({})).toEqual({});
});

describe('given a record of a result', () => {
  it('when it has all facts, then they are read, and are public', () => {
    const output = outputOf({ ...OLD, ...NEW });
    expect(output).toEqual({ ...OLD, ...NEW });
    const { attempt, chunks, timingsMs, ...facts } = output!;
    expect([attempt, chunks, timingsMs]).toEqual([1, 1, { infer: 1 }]);
    expect(toResultFacts(output!)).toEqual(facts);
  });

  it('when a worker of an earlier release wrote it, then it has no confidence, and defaults for the rest', () => {
    const output = outputOf(OLD);
    expect(output).toEqual({ ...OLD, subjects: [], hints: [], looks: 1 });
    expect(toResultFacts(output!)).not.toHaveProperty('confidence');
  });

  it('when a worker of a later release wrote it, then unknown hints are dropped', () => {
    const hints = ['low-confidence', 'a-later-hint'];
    expect(toResultFacts(outputOf({ ...OLD, ...NEW, hints })!).hints).toEqual(['low-confidence']);
  });
});
