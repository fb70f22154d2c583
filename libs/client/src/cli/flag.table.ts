import { z } from 'zod';
import { jobOptionsSchema } from '#contracts/job.options.js';

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
  return Object.entries(properties as Record<string, OptionSchema>).map(([option, schema]) => {
    const { type, enum: choices, default: standard, description = '', examples } = schema;
    const about = description.replaceAll('`', '');
    const isNamed = standard !== undefined && type !== 'boolean';
    return {
      name: option.replaceAll('_', '-'),
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
    about: 'Image that stands behind the subject and fills the result',
  },
  {
    ...{ name: 'out', short: 'o', kind: 'file', value: 'PATH', group: 'Files' },
    about:
      'Folder for the cut-outs, or file of a single one; - is the standard output (default: beside the photo)',
  },
  {
    ...{ name: 'overwrite', kind: 'switch', group: 'Files' },
    about: 'Do photos again whose cut-out is there and not older than they are',
  },
  {
    ...{ name: 'receipts', kind: 'folder', value: 'FOLDER', group: 'Files' },
    about: 'Keep the signed deletion receipt of each image there',
  },
  {
    ...{ name: 'server', kind: 'text', value: 'URL', group: 'Service' },
    about: 'Address of the service (default: $REMOVEBG_SERVER, else http://127.0.0.1:3000)',
  },
  {
    ...{ name: 'local', kind: 'switch', group: 'Service' },
    about: 'Start the service of a checkout on this machine for this run, and end it afterwards',
  },
  {
    ...{ name: 'key-file', kind: 'file', value: 'FILE', group: 'Service' },
    about: 'File with the API key (default: $REMOVEBG_KEY)',
  },
  {
    ...{ name: 'key', kind: 'text', value: 'KEY', group: 'Service' },
    about: 'API key; your shell keeps it in its history, so a file or the environment is better',
  },
  {
    ...{ name: 'concurrency', short: 'c', kind: 'text', value: 'N', group: 'Service' },
    about: 'Most images at the service at a time, 1 to 256 (default: 32)',
  },
  {
    ...{ name: 'patience', kind: 'text', value: 'SECONDS', group: 'Service' },
    about: 'How long the service may be away before the run is given up (default: 120)',
  },
  {
    ...{ name: 'jwks', kind: 'file', value: 'URL|FILE', group: 'Service' },
    about: 'Of verify: keys to trust (default: those that the service publishes)',
  },
  {
    ...{ name: 'json', kind: 'switch', group: 'Output' },
    about: 'One JSON object a line on the standard output, for each photo and for the whole',
  },
  { name: 'quiet', short: 'q', kind: 'switch', group: 'Output', about: 'Say only what went wrong' },
  { name: 'help', short: 'h', kind: 'switch', group: 'Output', about: 'This text' },
  { name: 'version', short: 'V', kind: 'switch', group: 'Output', about: 'The version' },
];

/** All options, in the order of the help. */
export const FLAGS: readonly Flag[] = [...imageFlags(), ...OWN_FLAGS];

/** What may stand in the place of files. */
export const COMMANDS = {
  verify: 'Check a deletion receipt: removebg verify receipt.jws',
  audit: 'Search the memory of a service on this machine for what it must not keep',
  completion: 'Print the completion for a shell: removebg completion bash|zsh|fish',
} as const;
