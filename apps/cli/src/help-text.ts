import { COMMANDS, FLAGS, type Flag } from './flag-table.js';

const INTRODUCTION = `removebg removes the background of photos. The service keeps nothing of them.

Usage
  removebg PHOTO… [options]
  removebg models|verify|audit|completion …

  PHOTO is a file, a folder, a pattern in quotes, or - for the standard input.

Examples
  removebg photo.jpg                              writes photo-cutout.png next to it
  removebg photo.jpg -o portrait.webp             the name sets the format
  removebg 'in/**/*.jpg' --out out/               run it again to continue where it stopped
  removebg in/ --out out/ --crop --crop-margin 5% --bg-color white --format jpg
  removebg - < photo.jpg > cutout.png             in a pipe
  removebg in/ --out out/ --json | jq .status     for scripts
  removebg in/ --out out/ --local                 without a running service`;

const ENDING = `Exit codes
  0  everything is done    1  some photos failed, or the receipt is not valid    2  usage error; nothing was sent
  3  the service cannot be reached or refuses the key    130, 143  interrupted

Environment
  REMOVEBG_SERVER, REMOVEBG_KEY; NO_COLOR turns colors off`;

const GROUPS = ['Result', 'Files', 'Service', 'Output'] as const;

/** Breaks text into lines of at most `width` characters, at spaces. */
function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

/** How an option is written. */
function usageOf({ name, short, kind, value, isOn = false }: Flag): string {
  const letter = short === undefined ? '    ' : `-${short}, `;
  return `${letter}--${isOn ? 'no-' : ''}${name}${kind === 'switch' ? '' : ` ${value ?? 'TEXT'}`}`;
}

function describe(flag: Flag, width: number): string {
  const indent = ' '.repeat(8);
  const choices = flag.choices === undefined ? [] : wrapped(flag.choices.join(' | '), width - indent.length);
  const about = wrapped(flag.about, width - indent.length);
  return [`  ${usageOf(flag)}`, ...[...choices, ...about].map((line) => indent + line)].join('\n');
}

/** What `--help` prints. @param width characters of a line */
export function helpText(width: number): string {
  const groups = GROUPS.map((group) => {
    const flags = FLAGS.filter((flag) => flag.group === group);
    return `${group}\n${flags.map((flag) => describe(flag, Math.min(width, 100))).join('\n')}`;
  });
  const commands = Object.entries(COMMANDS).map(([name, about]) => `  ${name.padEnd(12)}${about}`);
  return [INTRODUCTION, `Commands\n${commands.join('\n')}`, ...groups, ENDING].join('\n\n');
}

/** What is printed when nothing is asked for. */
export const SHORT_HELP = `${INTRODUCTION}\n\nremovebg --help shows all options.`;
