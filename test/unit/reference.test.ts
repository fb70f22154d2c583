import { readdirSync, readFileSync } from 'node:fs';
import { REFERENCE_PAGES } from '../../tools/src/reference/pages.js';

/** Files of docs/reference that people write. The schema is checked by `test/unit/cli/manifest.test.ts`. */
const HAND_WRITTEN = ['docs/reference/http-api.md', 'docs/reference/manifest.schema.json'];

describe('docs/reference', () => {
  it.each(Object.entries(REFERENCE_PAGES))(
    'given %s, when it is generated again, then it is up to date',
    (path, render) => {
      // When this fails: npm run reference -- --write
      expect(readFileSync(path, 'utf8')).toBe(render());
    },
  );

  it('given the folder, when its pages are listed, then each is generated or known as hand-written', () => {
    const generated = Object.keys(REFERENCE_PAGES).filter((path) => path.startsWith('docs/'));
    const pages = readdirSync('docs/reference').map((name) => `docs/reference/${name}`);
    expect(pages.sort()).toEqual([...generated, ...HAND_WRITTEN].sort());
  });
});
