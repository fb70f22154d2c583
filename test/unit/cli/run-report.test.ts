import type { CutoutFacts } from '#sdk/cutout-image.js';
import { ProgressDisplay } from '../../../apps/cli/src/progress-display.js';
import { RunReport } from '../../../apps/cli/src/run-report.js';

const FACTS: CutoutFacts = {
  ...{ bytes: 5, width: 1, height: 1, format: 'png', hints: [] },
  foreground: { left: 0, top: 0, width: 1, height: 1 },
};

/** A report on photos with these results: the printed lines, the JSON and the exit code. */
function reportOf(results: Partial<CutoutFacts>[], { minConfidence = 0.8, isQuiet = false } = {}) {
  const printed: string[] = [];
  const json: Record<string, unknown>[] = [];
  const display = new ProgressDisplay({ write: (text) => printed.push(text) }, { isQuiet, env: {} });
  const writeLine = (line: string): void => void json.push(JSON.parse(line) as Record<string, unknown>);
  const report = new RunReport(results.length, display, { json: writeLine, minConfidence });
  results.forEach((facts, at) => {
    const photo = { path: `in/${at}.jpg`, relativePath: `${at}.jpg`, changedMs: 0 };
    report.done(photo, { file: `out/${at}.png`, facts: { ...FACTS, ...facts }, job: undefined });
  });
  const code = report.end();
  return { text: printed.join(''), json, code };
}

describe('given results with a confidence', () => {
  it('when some are below the minimum, then they are listed at the end, the least certain first', () => {
    const { text, json, code } = reportOf([
      { confidence: 0.99 },
      { confidence: 0.79, hints: ['low-confidence'] },
      { confidence: 0, hints: ['no-subject', 'low-confidence'] },
      { confidence: 0.8 },
    ]);
    expect(text).toMatch(
      /Check these results:\n {2}out\/2\.png \(0\.00, no-subject\)\n {2}out\/1\.png \(0\.79\)\n$/,
    );
    expect(code).toBe(0);
    expect(json.map(({ check }) => check)).toEqual([false, true, true, false, 2]);
    expect(json[1]).toMatchObject({ confidence: 0.79, hints: ['low-confidence'] });
  });

  it('when another minimum is set, then it decides', () => {
    expect(reportOf([{ confidence: 0.85 }], { minConfidence: 0.9 }).text).toContain('Check this result:');
    expect(reportOf([{ confidence: 0.1 }], { minConfidence: 0 }).text).not.toContain('Check');
  });

  it('when the service measures none, then nothing is listed', () => {
    const { text, json } = reportOf([{}, {}]);
    expect(text).not.toContain('Check');
    expect(json[0]).not.toHaveProperty('confidence');
  });

  it('when the run is quiet, then nothing is printed', () => {
    expect(reportOf([{ confidence: 0.1 }], { isQuiet: true }).text).toBe('');
  });
});
