import { isAddress } from '../../../apps/web/src/photo/file-selection.js';
import { fillTexts } from '../../../tools/src/page-templates.js';

describe('given a pasted text', () => {
  it.each([
    ['https://example.com/cat.jpg', true],
    [' http://example.com/a%20b.png\n', true],
    ['data:image/png;base64,iVBORw0KGgo=', true],
    ['file:///home/rahim/cat.jpg', true],
    ['a cat', false],
    ['see https://example.com/cat.jpg', false],
    ['', false],
  ])('when it is %j, then it is an address: %s', (text, expected) => {
    expect(isAddress(text)).toBe(expected);
  });
});

describe('given a page of the build', () => {
  it('when it is written in a language, then its texts, paths and names are of that language', () => {
    const html =
      '<html lang="en"><link rel="canonical" href="{home}" /><link rel="manifest" href="/manifest-{lang}.webmanifest" />' +
      '<meta content="{home}" /><h1 data-text="title"></h1></html>';
    const filled = fillTexts(html, { lang: 'bn', home: '/bn/', textOf: () => 'শিরোনাম' });
    expect(filled).toBe(
      '<html lang="bn"><link rel="canonical" href="/bn/" /><link rel="manifest" href="/manifest-bn.webmanifest" />' +
        '<meta content="/bn/" /><h1 data-text="title">শিরোনাম</h1></html>',
    );
  });
});
