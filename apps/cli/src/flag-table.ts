import { z } from 'zod';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { LOW_CONFIDENCE } from '#contracts/result-hints.js';

/** A command-line option. */
export interface Flag {
  /** Name after `--`. */
  name: string;
  short?: string;
  /** A switch has no value: `--NAME` or `--no-NAME`. Others take a value. */
  kind: 'switch' | 'text' | 'file' | 'folder';
  /** True for a switch that is on by default. */
  isOn?: boolean;
  /** True for an option that may be repeated, with a value each time. */
  isList?: boolean;
  /** The accepted values, if they are a fixed list. */
  choices?: readonly string[];
  /** Placeholder of the value in the help. */
  value?: string;
  about: string;
  group: 'Result' | 'Files' | 'Batch' | 'Service' | 'Output';
  /** Name of the image option in the API. */
  option?: string;
}

interface OptionSchema {
  type: string;
  enum?: string[];
  default?: string | boolean;
  description?: string;
  examples?: string[];
}

/** Help for switches that are on by default: what `--no-NAME` does. */
const NEGATED: Readonly<Record<string, string>> = {
  semitransparency: 'Make the inside of the subject opaque, also glass; edges stay soft',
};

/** The image options: one for each option of the API, from its schema. */
function imageFlags(): Flag[] {
  const { properties = {} } = z.toJSONSchema(jobOptionsSchema, { io: 'output' });
  const letters: Record<string, string> = { format: 'f', model: 'm' };
  return Object.entries(properties as Record<string, OptionSchema>).map(([option, schema]) => {
    const short = letters[option];
    const { type, enum: choices, default: standard, description = '', examples } = schema;
    const about = description.replaceAll('`', '');
    const isNamed = standard !== undefined && type !== 'boolean';
    return {
      name: option.replaceAll('_', '-'),
      ...(short !== undefined && { short }),
      kind: type === 'boolean' ? 'switch' : 'text',
      ...(standard === true && { isOn: true }),
      ...(choices !== undefined && { choices }),
      ...(type !== 'boolean' && { value: choices === undefined ? `'${examples?.[0] ?? 'TEXT'}'` : 'NAME' }),
      about: isNamed ? `${about} (default: ${standard})` : (standard === true && NEGATED[option]) || about,
      group: 'Result',
      option,
    };
  });
}

const OWN_FLAGS: readonly Flag[] = [
  {
    ...{ name: 'bg-image', kind: 'file', value: 'FILE', group: 'Result' },
    about: 'Background image behind the subject; it is scaled to fill the result',
  },
  {
    ...{ name: 'mask', kind: 'file', value: 'FILE', group: 'Result' },
    about:
      'Mask of one photo in place of the model: a matte or a trimap, gray or as alpha, in the proportions of the photo',
  },
  {
    ...{ name: 'out', short: 'o', kind: 'file', value: 'PATH', group: 'Files' },
    about:
      'Folder for the results, or the file for a single result; - is the standard output (default: next to the photo)',
  },
  {
    ...{ name: 'overwrite', kind: 'switch', group: 'Files' },
    about: 'Replace existing results, even those that were made with the same options or edited since',
  },
  {
    ...{ name: 'receipts', kind: 'folder', value: 'FOLDER', group: 'Files' },
    about: 'Save the signed deletion receipt of each photo in this folder',
  },
  {
    ...{ name: 'root', kind: 'folder', isList: true, value: 'FOLDER', group: 'Files' },
    about:
      'For mcp: a folder that its tools may use; repeat it for more (default: the roots of the client, otherwise the current folder)',
  },
  {
    ...{ name: 'results', kind: 'file', value: 'FILE', group: 'Batch' },
    about:
      'For batch: where a JSON line is written for each image that ended; - is the standard output (default: MANIFEST.results.jsonl next to the manifest)',
  },
  {
    ...{ name: 'retry-failed', kind: 'switch', group: 'Batch' },
    about: 'For batch: do images again that failed in an earlier run',
  },
  {
    ...{ name: 'dry-run', kind: 'switch', group: 'Batch' },
    about: 'For batch: check the manifest, print what would be done, and send nothing',
  },
  {
    ...{ name: 'allow-http', kind: 'switch', group: 'Batch' },
    about: 'For batch: accept http addresses of other machines, which are not encrypted',
  },
  {
    ...{ name: 'server', kind: 'text', value: 'URL', group: 'Service' },
    about: 'Address of the service (default: $REMOVEBG_SERVER, otherwise http://127.0.0.1:3000)',
  },
  {
    ...{ name: 'local', kind: 'switch', group: 'Service' },
    about: 'Start a service from a checkout on this machine, and stop it after the run',
  },
  {
    ...{ name: 'key-file', kind: 'file', value: 'FILE', group: 'Service' },
    about: 'File with the API key (default: $REMOVEBG_KEY)',
  },
  {
    ...{ name: 'key', kind: 'text', value: 'KEY', group: 'Service' },
    about: 'API key. Prefer --key-file or $REMOVEBG_KEY: your shell saves command lines in its history',
  },
  {
    ...{ name: 'concurrency', short: 'c', kind: 'text', value: 'N', group: 'Service' },
    about: 'Photos at the service at a time, 1 to 256 (default: 32)',
  },
  {
    ...{ name: 'patience', kind: 'text', value: 'SECONDS', group: 'Service' },
    about: 'How long to retry while the service is busy or unreachable (default: 120)',
  },
  {
    ...{ name: 'jwks', kind: 'file', value: 'URL|FILE', group: 'Service' },
    about: 'For verify: the trusted keys (default: the published keys of the service)',
  },
  {
    ...{ name: 'json', kind: 'switch', group: 'Output' },
    about: 'Print one JSON object per line to the standard output: one for each photo and one for the run',
  },
  {
    ...{ name: 'min-confidence', kind: 'text', value: 'N', group: 'Output' },
    about: `List results with a lower confidence at the end of the run, 0 to 1 (default: ${LOW_CONFIDENCE})`,
  },
  { name: 'quiet', short: 'q', kind: 'switch', group: 'Output', about: 'Print errors only' },
  {
    name: 'help',
    short: 'h',
    kind: 'switch',
    group: 'Output',
    about: 'Show this help; -h shows a short one',
  },
  { name: 'version', short: 'V', kind: 'switch', group: 'Output', about: 'Print the version' },
];

/** All options, in the order of the help. */
export const FLAGS: readonly Flag[] = [...imageFlags(), ...OWN_FLAGS];

/** Commands, which take the place of the first photo. */
export const COMMANDS = {
  batch: 'Process a manifest: removebg batch jobs.jsonl',
  models: 'List the models of the service',
  verify: 'Verify a deletion receipt: removebg verify receipt.jws',
  mcp: 'Serve AI assistants over the Model Context Protocol: removebg mcp --root FOLDER',
  audit: 'Search the memory of a service on this machine for leftover image content',
  completion: 'Print the completion script of a shell: removebg completion bash|zsh|fish',
} as const;
