/** `npm run settings`: every setting, from the schema that the service reads. */
import { settingRows, settingsTable } from '#config/settings-reference.js';
import { readArguments } from './arguments.js';
import { runCommand, say } from './report.js';

const withoutMarkdown = (text: string): string => text.replaceAll('`', '');

const list = (): string =>
  settingRows()
    .map(
      ({ name, fallback, accepts, meaning }) =>
        `${name}\n  ${withoutMarkdown(meaning)}\n` +
        `  default: ${withoutMarkdown(fallback)}   accepted: ${withoutMarkdown(accepts)}\n`,
    )
    .join('\n');

await runCommand(async () => {
  const { values } = readArguments({ markdown: { type: 'boolean' } });
  if (values['markdown'] === true) say(settingsTable());
  else process.stdout.write(list());
  return 0;
});
