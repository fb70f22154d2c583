import { readFileSync } from 'node:fs';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { readArguments } from '../../../apps/cli/src/argument-reader.js';
import { FLAGS } from '../../../apps/cli/src/flag-table.js';
import { readToolArguments, toolOptions } from '../../../apps/cli/src/mcp-arguments.js';
import { ProgressReporter } from '../../../apps/cli/src/mcp-progress.js';
import { TOOLS } from '../../../apps/cli/src/mcp-server.js';
import { mcpSettings } from '../../../apps/cli/src/mcp-settings.js';

const fields = {};
const read = (given: Record<string, unknown>) => readToolArguments(fields, true, given);
const settingsOf = (...argv: string[]) => mcpSettings(readArguments(['mcp', ...argv], FLAGS), {});

describe('given the tools', () => {
  it('when they are listed, then each has a title, hints, and schemas', () => {
    for (const { name, title, description, annotations, inputSchema, outputSchema } of TOOLS) {
      expect(name).toMatch(/^[a-z_]{5,30}$/);
      expect(title.length).toBeGreaterThan(5);
      expect(description.length).toBeLessThan(400);
      expect(Object.keys(annotations)).toHaveLength(4);
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(outputSchema.type).toBe('object');
    }
  });

  it('when their arguments are compared with the schema of the service, then both have every option with its type', () => {
    const options = Object.keys(jobOptionsSchema.shape);
    for (const { inputSchema } of TOOLS.slice(0, 2)) {
      expect(Object.keys(inputSchema.properties)).toEqual(expect.arrayContaining(options));
      for (const name of options) expect(inputSchema.properties[name]).toHaveProperty('type');
      expect(inputSchema.properties['format']).toMatchObject({
        enum: expect.arrayContaining(['avif']) as unknown,
      });
      expect(inputSchema.properties['format']).not.toHaveProperty('default');
    }
  });
});

describe('given the guide of the tools', () => {
  const guide = readFileSync('docs/guides/mcp.md', 'utf8');

  it('when it is compared with them, then it has every tool and every argument of its own', () => {
    const options = Object.keys(jobOptionsSchema.shape);
    for (const { name, inputSchema } of TOOLS) {
      expect(guide).toContain(`| \`${name}\` `);
      for (const argument of Object.keys(inputSchema.properties))
        if (!options.includes(argument)) expect(guide).toContain(`\`${argument}\``);
    }
    const rows = guide.match(/^\| `[a-z_]+` /gm) ?? [];
    expect(rows).toHaveLength(TOOLS.length);
  });
});

describe('given arguments of a tool', () => {
  it.each([
    [{ bgcolor: 'red' }, 'Unknown argument "bgcolor". Did you mean "bg_color"?'],
    [{ imagepath: 'x' }, 'Unknown argument "imagepath"'],
  ])('when they are %j, then the error names the nearest one', (given, text) => {
    expect(() => read(given)).toThrow(text);
  });

  it('when an option has a wrong value, then the error says what it accepts', () => {
    expect(() => toolOptions({ format: 'wepb' })).toThrow(
      /"format" must be one of png.*Did you mean "webp"\?/,
    );
    expect(() => toolOptions({ crop: 'maybe' })).toThrow('"crop" must be true or false');
    expect(() => toolOptions({ quality: 80 })).toThrow('"quality" requires');
  });

  it('when the file name or a preset sets the format, then options that depend on it are accepted', () => {
    expect(toolOptions({ quality: 80 }, 'jpg')).toEqual({ quality: 80 });
    expect(toolOptions({ preset: 'amazon', padding: '5%' })).toEqual({ preset: 'amazon', padding: '5%' });
    expect(toolOptions({ channels: 'alpha' })).toEqual({ only: 'alpha' });
  });

  it('when some are null, then they count as not given', () => {
    expect(read({ format: null, crop: true })).toEqual({ own: {}, options: { crop: true } });
  });
});

describe('given the command line of the server', () => {
  it('when folders are named, then all of them count; one that does not exist is an error', async () => {
    expect((await settingsOf('--root', 'docs', '--root', 'test')).roots).toEqual(['docs', 'test']);
    expect((await settingsOf()).currentFolder).toBe(process.cwd());
    await expect(settingsOf('--root', 'no-such')).rejects.toThrow('--root no-such is not a folder');
  });

  it('when it has words or options of other commands, then the error says where they belong', async () => {
    await expect(settingsOf('docs')).rejects.toThrow('removebg mcp --root docs');
    await expect(settingsOf('--format', 'png')).rejects.toThrow('does not take --format');
    await expect(settingsOf('--local', '--server', 'x')).rejects.toThrow('Leave out --server');
  });
});

describe('given the progress of a call', () => {
  it('when states repeat or go back, then every notification has a greater number; without a token there is none', async () => {
    const sent: { progress: number }[] = [];
    const extra = {
      sendNotification: async ({ params }: { params?: unknown }) =>
        void sent.push(params as { progress: number }),
    };
    const reporter = new ProgressReporter({ ...extra, _meta: { progressToken: 1 } }, 100);
    for (const done of [0, 0, 50, 10, 50, 51]) reporter.report(done, 'x');
    await reporter.end();
    const numbers = sent.map(({ progress }) => progress);
    expect(numbers).toHaveLength(6);
    expect(numbers.every((number, at) => at === 0 || number > numbers[at - 1]!)).toBe(true);
    new ProgressReporter(extra, 100).report(1, 'x');
    expect(sent).toHaveLength(6);
  });
});
