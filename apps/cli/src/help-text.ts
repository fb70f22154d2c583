import { COMMANDS, FLAGS, type Flag } from './flag-table.js';

const INTRODUCTION = `removebg removes the background of photos. The service keeps no image data.

Usage
  removebg PHOTO… [options]
  removebg batch jobs.jsonl [options]
  removebg models|verify|mcp|audit|completion …

  PHOTO is a file, a folder, a quoted pattern, or - for the standard input.

Examples
  removebg photo.jpg                              write photo-cutout.png next to the photo
  removebg photo.jpg -o portrait.webp             take the format from the file name
  removebg 'in/**/*.jpg' --out out/               process many photos; run again to continue
  removebg in/ --out out/ --crop --crop-margin 5% --bg-color white --format jpg
  removebg - < photo.jpg > cutout.png             use pipes
  removebg in/ --out out/ --json | jq .status     use in scripts
  removebg batch jobs.jsonl                       take files and addresses from a manifest
  removebg in/ --out out/ --local                 start a service for this run`;

const ENDING = `Exit codes
  0  success    1  some photos failed, or the receipt is not valid    2  usage error; nothing was sent
  3  the service is unreachable or rejects the key    130, 143  interrupted

Environment
  REMOVEBG_SERVER  address of the service    REMOVEBG_KEY  API key    NO_COLOR  disables colors`;

const GROUPS = ['Result', 'Files', 'Batch', 'Service', 'Output'] as const;

/** Wraps text at spaces to lines of at most `width` characters. */
function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

/** The syntax of an option. */
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

/** The text of `--help`. @param width characters per line */
export function helpText(width: number): string {
  const groups = GROUPS.map((group) => {
    const flags = FLAGS.filter((flag) => flag.group === group);
    return `${group}\n${flags.map((flag) => describe(flag, Math.min(width, 100))).join('\n')}`;
  });
  const commands = Object.entries(COMMANDS).map(([name, about]) => `  ${name.padEnd(12)}${about}`);
  return [INTRODUCTION, `Commands\n${commands.join('\n')}`, ...groups, ENDING].join('\n\n');
}

/** The text of `-h`, and of a command line without arguments. */
export const SHORT_HELP = `${INTRODUCTION}\n\nRun removebg --help for all options.`;
