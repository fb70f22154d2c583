/** `npm run settings`: every setting, from the schema that the service reads; `--markdown` prints a table. */
import { settingRows, settingsTable } from './settings-reference.js';

/** Text without the marks of Markdown. */
const plain = (text: string): string => text.replaceAll('`', '');

function listing(): string {
  return settingRows()
    .map(
      ({ name, fallback, accepts, meaning }) =>
        `${name}\n  ${plain(meaning)}\n  default: ${plain(fallback)}   accepted: ${plain(accepts)}\n`,
    )
    .join('\n');
}

process.stdout.write(process.argv.includes('--markdown') ? `${settingsTable()}\n` : listing());
