import { CommandError } from './exit-codes.js';
import { COMMANDS, FLAGS, type Flag } from './flag-table.js';

const names = FLAGS.flatMap(({ name, kind, isOn }) =>
  kind === 'switch' && isOn === true ? [`--no-${name}`] : [`--${name}`],
);
const commands = Object.keys(COMMANDS);

/** A text in single quotes, for all three shells. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The first sentence of an option's description. */
const brief = ({ about }: Flag): string => (/^[^.;(]*/.exec(about)?.[0] ?? about).trim();

function bashScript(): string {
  const cases = FLAGS.filter(({ kind }) => kind !== 'switch').map(({ name, choices, kind }) => {
    const words = choices?.join(' ');
    const reply =
      words !== undefined
        ? `COMPREPLY=($(compgen -W ${quoted(words)} -- "$cur"))`
        : kind === 'text'
          ? 'COMPREPLY=()'
          : `COMPREPLY=($(compgen -${kind === 'folder' ? 'd' : 'f'} -- "$cur"))`;
    return `    --${name}) ${reply}; return ;;`;
  });
  return `# bash completion of removebg: eval "$(removebg completion bash)"
_removebg() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  case "$prev" in
${cases.join('\n')}
    completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return ;;
  esac
  if [[ "$cur" == -* ]]; then
    COMPREPLY=($(compgen -W ${quoted(names.join(' '))} -- "$cur"))
  elif [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -f -W ${quoted(commands.join(' '))} -- "$cur"))
  else
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}
complete -o filenames -F _removebg removebg
`;
}

function zshScript(): string {
  const specs = FLAGS.map((flag) => {
    const { name, kind, choices, isOn = false } = flag;
    const about = brief(flag).replace(/[[\]:\\]/g, '\\$&');
    const action =
      choices !== undefined
        ? `(${choices.join(' ')})`
        : kind === 'folder'
          ? '_files -/'
          : kind === 'file'
            ? '_files'
            : '';
    const value = kind === 'switch' ? '' : `:${flag.value === undefined ? 'value' : name}:${action}`;
    return `    ${quoted(`--${isOn ? 'no-' : ''}${name}[${about}]${value}`)}`;
  });
  return `#compdef removebg
# zsh completion of removebg: removebg completion zsh > "\${fpath[1]}/_removebg"
_removebg() {
  _arguments -s \\
${specs.join(' \\\n')} \\
    ${quoted(`1:photo or command:{_alternative "commands:command:(${commands.join(' ')})" "files:photo:_files"}`)} \\
    '*:photo:_files'
}
if [ "$funcstack[1]" = "_removebg" ]; then
  _removebg "$@"
else
  compdef _removebg removebg
fi
`;
}

function fishScript(): string {
  const lines = FLAGS.map((flag) => {
    const { name, short, kind, choices, isOn = false } = flag;
    const letter = short === undefined ? '' : ` -s ${short}`;
    const value =
      kind === 'switch'
        ? ''
        : choices === undefined
          ? kind === 'text'
            ? ' -x'
            : ' -r'
          : ` -x -a ${quoted(choices.join(' '))}`;
    return `complete -c removebg${letter} -l ${isOn ? 'no-' : ''}${name}${value} -d ${quoted(brief(flag))}`;
  });
  const commandLines = Object.entries(COMMANDS).map(
    ([name, about]) =>
      `complete -c removebg -n __fish_use_subcommand -a ${name} -d ${quoted(about.split(':')[0] ?? '')}`,
  );
  const shells = "complete -c removebg -n '__fish_seen_subcommand_from completion' -x -a 'bash zsh fish'";
  return `# fish completion of removebg: removebg completion fish > ~/.config/fish/completions/removebg.fish
${[...commandLines, shells, ...lines].join('\n')}
`;
}

const SCRIPTS: Readonly<Record<string, () => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** The completion script of a shell. @throws CommandError for an unknown shell */
export function completionScript(shell: string | undefined): string {
  const script = shell === undefined ? undefined : SCRIPTS[shell];
  if (script === undefined) throw new CommandError('Name a shell: removebg completion bash|zsh|fish');
  return script();
}
