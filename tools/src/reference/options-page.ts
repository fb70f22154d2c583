import { z } from 'zod';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { code, generatedFrom } from './markdown.js';

/** What JSON Schema says of one option. */
interface OptionShape {
  description?: string;
  type?: string;
  enum?: string[];
  default?: string | boolean;
  examples?: string[];
}

/** `docs/reference/options.md`: every option of an image. */
export function optionsPage(): string {
  const { properties = {} } = z.toJSONSchema(jobOptionsSchema, { io: 'output', unrepresentable: 'any' });
  const entries = Object.entries(properties as Record<string, OptionShape>).map(([name, shape]) =>
    [`## ${code(name)}`, `${shape.description ?? ''}.`, facts(shape)].join('\n\n'),
  );
  return `# Options of an image

${generatedFrom('libs/contracts/src/job-options.ts')}

Send options as fields of the form or as query parameters. The same options work in the API, the SDK
([camelCase](../guides/sdk.md)), the command line ([\`--bg-color\`](../guides/cli.md)) and batches.

Values are case-insensitive. Booleans may be \`true\`, \`1\`, \`on\` or \`yes\`. An empty value counts as absent. An invalid
value is rejected with 400 \`invalid-parameter\`, and so is an option that would have no effect beside the others;
\`parameter\`, \`accepted\` and \`detail\` say what would be valid.

${entries.join('\n\n')}

## \`bg_image_file\`

A second file in the form: the background image. It fills the result. Use either \`bg_color\` or \`bg_image_file\`.
`;
}

/** Values, default and example of an option, one a line. */
function facts(shape: OptionShape): string {
  const values = shape.enum?.map(code).join(', ');
  const lines = [
    `- Values: ${values ?? (shape.type === 'boolean' ? '`true`, `false`' : 'text')}`,
    shape.default === undefined ? '' : `- Default: ${code(String(shape.default))}`,
    shape.examples === undefined ? '' : `- Example: ${code(shape.examples[0] ?? '')}`,
  ];
  return lines.filter((line) => line !== '').join('\n');
}
