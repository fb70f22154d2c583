import { escapeHtml, trusted, type Html } from './html.js';

/** Keywords by language. */
const KEYWORDS: Record<string, string> = {
  curl: 'curl|echo|cat|while|do|done|if|then|fi|else|until|case|esac|exit|trap|set|for|in|export|npm|removebg',
  node: 'import|from|const|let|await|async|for|of|if|else|new|throw|function|return|break|continue|export|yield',
  python: 'import|from|with|as|def|for|in|if|else|elif|while|return|try|except|not|and|or|raise|print',
  php: 'function|if|else|foreach|for|while|do|as|return|exit|echo|new|global|never|int|string|array|bool',
  json: 'true|false|null',
};

/** Languages that have the same tokens as another one. */
const SAME: Record<string, string> = { sh: 'curl', bash: 'curl', js: 'node', ts: 'node', html: 'node' };

const STRING = `'(?:[^'\\\\\\n]|\\\\.)*'|"(?:[^"\\\\\\n]|\\\\.)*"|\`(?:[^\`\\\\]|\\\\.)*\``;
const COMMENTS: Record<string, string> = {
  curl: '(?<=^|\\s)#[^\\n]*',
  python: '#[^\\n]*|"""[^]*?"""',
  node: '//[^\\n]*|/\\*[^]*?\\*/',
  php: '//[^\\n]*|/\\*[^]*?\\*/',
};

/** Numbers stand alone: not in names, addresses and times. */
const NUMBER = '(?<![\\w.:$/-])\\d[\\d_.]*(?![\\w:/-])';

/** Code with strings, comments, keywords and numbers in elements with a class. Other languages are escaped only. */
export function highlighted(code: string, language: string): Html {
  const name = SAME[language] ?? language;
  const keywords = KEYWORDS[name];
  if (keywords === undefined) return trusted(escapeHtml(code));
  const comment = COMMENTS[name];
  const groups = [
    ...(comment === undefined ? [] : [`(?<c>${comment})`]),
    `(?<s>${STRING})`,
    `(?<k>(?<![\\w$./-])(?:${keywords})(?![\\w-]))`,
    `(?<n>${NUMBER})`,
  ];
  const pattern = new RegExp(groups.join('|'), 'gm');
  let text = '';
  let end = 0;
  for (const { index, 0: found, groups: named = {} } of code.matchAll(pattern)) {
    const kind = Object.keys(named).find((each) => named[each] !== undefined) ?? 'n';
    text += `${escapeHtml(code.slice(end, index))}<span class="${kind}">${escapeHtml(found)}</span>`;
    end = index + found.length;
  }
  return trusted(text + escapeHtml(code.slice(end)));
}
