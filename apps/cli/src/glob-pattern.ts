/** True when a text is a pattern and not the name of a file. */
export const isPattern = (text: string): boolean => /[*?[{]/.test(text);

/** The folder that all files of a pattern are in: its path up to the first part with a wild card. `.` when none. */
export function folderOfPattern(pattern: string): string {
  const parts = pattern.split('/');
  const at = parts.findIndex(isPattern);
  const fixed = parts.slice(0, at < 0 ? parts.length - 1 : at).join('/');
  return fixed === '' ? (pattern.startsWith('/') ? '/' : '.') : fixed;
}

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/**
 * The expression that a pattern stands for, to be held against whole paths: `*` and `?` within a name, `**` over
 * folders, `[abc]`, `[!abc]`, `{a,b}`. As in shells, wild cards do not match names that begin with a dot.
 */
export function patternExpression(pattern: string): RegExp {
  return new RegExp(`^${translate(pattern.replace(/^(?:\.\/)+/, ''))}$`);
}

function translate(pattern: string): string {
  let result = '';
  for (let i = 0; i < pattern.length;) {
    const isStart = i === 0 || pattern[i - 1] === '/';
    const [piece, length] = tokenAt(pattern, i, isStart ? '(?!\\.)' : '');
    result += piece;
    i += length;
  }
  return result;
}

/** The expression of what stands at `i`, and how many characters it takes. */
function tokenAt(pattern: string, i: number, visible: string): [piece: string, length: number] {
  const rest = pattern.slice(i);
  if (visible !== '' && rest.startsWith('**/')) return ['(?:(?!\\.)[^/]+/)*', 3];
  if (visible !== '' && rest === '**') return ['(?:(?!\\.)[^/]+/)*(?!\\.)[^/]+', 2];
  if (rest.startsWith('*')) return [`${visible}[^/]*`, /^\*+/.exec(rest)?.[0].length ?? 1];
  if (rest.startsWith('?')) return [`${visible}[^/]`, 1];
  return bracketAt(rest, visible) ?? [literal(rest[0] ?? ''), 1];
}

/** The same of `[…]` and `{…}`; undefined when neither is there. */
function bracketAt(rest: string, visible: string): [piece: string, length: number] | undefined {
  const set = /^\[([!^]?)([^\]/]+)\]/.exec(rest);
  if (set !== null) {
    const [whole, not = '', members = ''] = set;
    return [`${visible}[${not === '' ? '' : '^/'}${members.replace(/[\\^]/g, '\\$&')}]`, whole.length];
  }
  const choice = /^\{([^{}]*)\}/.exec(rest);
  if (choice === null) return undefined;
  const [whole, members = ''] = choice;
  return [`(?:${members.split(',').map(translate).join('|')})`, whole.length];
}
