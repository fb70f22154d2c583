import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { preparedModel } from '../../harness/prepared-model.js';

describe('prepared models in tests', () => {
  let empty: string;
  beforeAll(() => void (empty = mkdtempSync(join(tmpdir(), 'models-'))));
  afterAll(() => rmSync(empty, { recursive: true }));

  test('given a folder without models, when a test needs one, then it fails at once, says what to do, and prepares nothing', async () => {
    await expect(preparedModel('isnet-vnni', empty)).rejects.toThrow(
      `isnet-vnni is not prepared in ${empty}: run \`npm run setup\``,
    );
    expect(readdirSync(empty)).toEqual([]);
  });

  test('given a model that the set-up does not prepare, when a test needs it, then the error says where to add it', async () => {
    await expect(preparedModel('isnet-fp16')).rejects.toThrow('test/harness/prepared-models.json');
  });

  test('given Jest, when code reads Math, then it is a parameter of the module and no property of the vm context', () => {
    const own = Object.getOwnPropertyDescriptor(globalThis, 'Math')!;
    Object.defineProperty(globalThis, 'Math', { ...own, value: 'replaced' });
    const seen: unknown = Math;
    Object.defineProperty(globalThis, 'Math', own);
    expect(seen).not.toBe('replaced');
  });
});
