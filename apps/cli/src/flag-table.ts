import { z } from 'zod';
import { jobOptionsSchema } from '#contracts/job-options.js';

/** An option of the command line. */
export interface Flag {
  /** As written after `--`. */
  name: string;
  short?: string;
  /** A switch is on when named, off as `--no-NAME`; others take a value. */
  kind: 'switch' | 'text' | 'file' | 'folder';
  /** A switch that is on unless it is denied. */
  isOn?: boolean;
  /** The values it may have, where these are few. */
  choices?: readonly string[];
  /** What stands for the value in the help. */
  value?: string;
  about: string;
  group: 'Result' | 'Files' | 'Service' | 'Output';
  /** Name of the image option that it sets. */
  option?: string;
}

interface OptionSchema {
  type: string;
  enum?: string[];
  default?: string | boolean;
  description?: string;
  examples?: string[];
}

/** Options of one image, one flag each: whatever the schema that all surfaces share has, and nothing else. */
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
      about: isNamed ? `${about} (default: ${standard})` : about,
      group: 'Result',
      option,
    };
  });
}

const OWN_FLAGS: readonly Flag[] = [
  {
    ...{ name: 'bg-image', kind: 'file', value: 'FILE', group: 'Result' },
    about: 'Image to put behind the subject; it fills the result',
  },
  {
    ...{ name: 'out', short: 'o', kind: 'file', value: 'PATH', group: 'Files' },
    about:
      'Folder for the results, or the file of a single one; - is the standard output (default: beside the photo)',
  },
  {
    ...{ name: 'overwrite', kind: 'switch', group: 'Files' },
    about: 'Replace results that exist, also those made with the same options or changed since',
  },
  {
    ...{ name: 'receipts', kind: 'folder', value: 'FOLDER', group: 'Files' },
    about: 'Save the signed deletion receipt of each image there',
  },
  {
    ...{ name: 'server', kind: 'text', value: 'URL', group: 'Service' },
    about: 'Address of the service (default: $REMOVEBG_SERVER, else http://127.0.0.1:3000)',
  },
  {
    ...{ name: 'local', kind: 'switch', group: 'Service' },
    about: 'Start the service from a checkout on this machine for this run, and stop it afterwards',
  },
  {
    ...{ name: 'key-file', kind: 'file', value: 'FILE', group: 'Service' },
    about: 'File with the API key (default: $REMOVEBG_KEY)',
  },
  {
    ...{ name: 'key', kind: 'text', value: 'KEY', group: 'Service' },
    about: 'API key; your shell keeps it in its history, so prefer --key-file or the environment',
  },
  {
    ...{ name: 'concurrency', short: 'c', kind: 'text', value: 'N', group: 'Service' },
    about: 'Images sent at the same time, 1 to 256 (default: 32)',
  },
  {
    ...{ name: 'patience', kind: 'text', value: 'SECONDS', group: 'Service' },
    about: 'How long to wait for a service that does not answer, before giving up (default: 120)',
  },
  {
    ...{ name: 'jwks', kind: 'file', value: 'URL|FILE', group: 'Service' },
    about: 'For verify: keys to trust (default: those that the service publishes)',
  },
  {
    ...{ name: 'json', kind: 'switch', group: 'Output' },
    about: 'Print one JSON object a line to the standard output, for each photo and for the whole run',
  },
  { name: 'quiet', short: 'q', kind: 'switch', group: 'Output', about: 'Print only what went wrong' },
  {
    name: 'help',
    short: 'h',
    kind: 'switch',
    group: 'Output',
    about: 'Show all options; -h shows the short help',
  },
  { name: 'version', short: 'V', kind: 'switch', group: 'Output', about: 'Print the version' },
];

/** All options, in the order of the help. */
export const FLAGS: readonly Flag[] = [...imageFlags(), ...OWN_FLAGS];

/** Commands, which are named in the place of the first file. */
export const COMMANDS = {
  models: 'List the models of the service',
  verify: 'Check a deletion receipt: removebg verify receipt.jws',
  audit: 'Search the memory of a service on this machine for image content that it must not keep',
  completion: 'Print the completion script of a shell: removebg completion bash|zsh|fish',
} as const;
