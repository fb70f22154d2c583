import { enginePlans, offeredModels } from '#config/engine-plan.js';
import { loadSettings, SettingsError } from '#config/settings.js';

const plans = (env: Record<string, string>): string[] =>
  enginePlans(loadSettings(env)).map(
    ({ provider, models, batch }) => `${provider}: ${models.join(' ')} by ${batch}`,
  );

describe('engine.plan', () => {
  test.each<[env: Record<string, string>, expected: string[]]>([
    [{}, ['cpu: isnet by 1']],
    [{ BATCH: '16' }, ['cpu: isnet by 1']],
    [{ PROVIDER: 'cuda' }, ['cuda: isnet-fp16 by 8', 'cpu: isnet by 1']],
    [{ PROVIDER: 'cuda', BATCH: '16', REQUIRE_ACCELERATOR: 'true' }, ['cuda: isnet-fp16 by 16']],
    [{ PROVIDER: 'webgpu', MODEL: 'mine,isnet' }, ['webgpu: mine isnet by 8', 'cpu: mine isnet by 1']],
    [
      { PROVIDER: 'auto' },
      ['cuda: isnet-fp16 by 8', 'dml: isnet-fp16 by 8', 'coreml: isnet-fp16 by 8', 'cpu: isnet by 1'],
    ],
  ])('given %j, when an engine is to be set up, then %j are tried in turn', (env, expected) => {
    expect(plans(env)).toEqual(expected);
  });

  test('given no MODEL and an accelerator, when it may be missing, then the models of both ways are on offer', () => {
    expect(offeredModels(loadSettings({ PROVIDER: 'auto' }))).toEqual(['isnet-fp16', 'isnet']);
    expect(offeredModels(loadSettings({ MODEL: 'b,a,b' }))).toEqual(['b', 'a']);
  });

  test('given settings that contradict themselves, when loaded, then they are refused', () => {
    expect(() => loadSettings({ REQUIRE_ACCELERATOR: 'true' })).toThrow(SettingsError);
    for (const MODEL of ['a,', ',a', 'a, b', '../a', 'A']) {
      expect(() => loadSettings({ MODEL })).toThrow(/^MODEL must be names/);
    }
    for (const BATCH of ['0', '65']) expect(() => loadSettings({ BATCH })).toThrow('BATCH');
  });
});
