/**
 * Glob patterns of our own: picomatch negates `[!abc]` wrongly, does not match names such as `photo (1).jpg` literally, and
 * includes hidden files in alternatives; Node's `path.matchesGlob` is experimental.
 */

/** True if a text is a pattern. */
export const isPattern = (text: string): boolean => /[*?[{]/.test(text);

/** The folder that contains all matches: the path before the first part with a wildcard, otherwise `.`. */
export function baseFolder(pattern: string): string {
  const parts = pattern.split('/');
  const at = parts.findIndex(isPattern);
  const fixed = parts.slice(0, at < 0 ? parts.length - 1 : at).join('/');
  return fixed === '' ? (pattern.startsWith('/') ? '/' : '.') : fixed;
}

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/**
 * Converts a pattern to a regular expression for whole paths. Supports `*` and `?` within a name, `**` across folders,
 * `[abc]`, `[!abc]` and `{a,b}`. As in shells, wildcards do not match names that begin with a dot.
 */
export function patternToRegExp(pattern: string): RegExp {
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

/** The expression for the token at `i`, and the token's length. `visible` excludes hidden names. */
function tokenAt(pattern: string, i: number, visible: string): [piece: string, length: number] {
  const rest = pattern.slice(i);
  if (visible !== '' && rest.startsWith('**/')) return ['(?:(?!\\.)[^/]+/)*', 3];
  if (visible !== '' && rest === '**') return ['(?:(?!\\.)[^/]+/)*(?!\\.)[^/]+', 2];
  if (rest.startsWith('*')) return [`${visible}[^/]*`, /^\*+/.exec(rest)?.[0].length ?? 1];
  if (rest.startsWith('?')) return [`${visible}[^/]`, 1];
  return bracketAt(rest, visible) ?? [literal(rest[0] ?? ''), 1];
}

/** The same for `[…]` and `{…}`; undefined if `rest` starts with neither. */
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
