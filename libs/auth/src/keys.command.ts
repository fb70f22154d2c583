import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { parseArgs } from 'node:util';
import { drawApiKey, drawKeyId, hashApiKey } from './api-key.js';
import { isInForce, ApiKeys, keyEntrySchema, parseKeyFile, type KeyFile } from './api-keys.js';
import { loadSettings, SettingsError } from '#config/settings.js';
import { builtInTiers, type TierTable } from './tier-table.js';

const HELP = `Usage: npm run keys -- <command>       (KEYS_FILE names the file; it is made when it is not there)

  create --name NAME [--tier TIER] [--expires DATE]
                 draws a key, stores its hash, and prints the key: this once, for it is kept nowhere. NAME is for
                 you; TIER is free, standard (default), enterprise, or one of the file's; DATE is 2027-01-31 or
                 2027-01-31T12:00:00Z
  list           ids, names, tiers, and which keys are in force
  revoke ID      ends a key

Running APIs take a change over within seconds. Tiers are changed by hand, in the member "tiers" of the file.

Exit code: 0 when it is done`;

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const PRIVATE_MODE = 0o600;

/** The arguments make no sense: answered with the help text. */
class UsageError extends Error {}

interface Work {
  path: string;
  tiers: TierTable;
  args: string[];
}

const COMMANDS: Record<string, (work: Work) => void> = {
  create: ({ path, tiers, args }) => {
    const { name, tier, expires } = wishOf(args);
    const key = drawApiKey();
    const entry = keyEntrySchema.safeParse({
      id: drawKeyId(),
      name,
      tier,
      sha256: hashApiKey(key).toString('hex'),
      created: new Date().toISOString(),
      expires,
    });
    if (!entry.success) throw new UsageError('NAME has 1 to 100 characters, TIER is the name of a tier.');
    change(path, tiers, (file) => ({ ...file, keys: [...file.keys, entry.data] }));
    say(key);
    note(`Key ${entry.data.id} (${tier}). Hand it over safely: it cannot be shown again.`);
  },
  list: ({ path, args }) => {
    if (args.length > 0) throw new UsageError();
    for (const entry of read(path).keys) {
      const state = isInForce(entry, Date.now()) ? 'in force' : entry.revoked ? 'revoked' : 'expired';
      const until = entry.expires === undefined ? '' : `  until ${entry.expires}`;
      say(
        `${entry.id}  ${state.padEnd(8)}  ${entry.tier.padEnd(12)}  since ${entry.created}${until}  ${entry.name}`,
      );
    }
  },
  revoke: ({ path, tiers, args }) => {
    const [id, ...more] = args;
    if (id === undefined || more.length > 0) throw new UsageError();
    const revoked = new Date().toISOString();
    change(path, tiers, (file) => {
      if (!file.keys.some((key) => key.id === id)) throw new UsageError('There is no key of that id.');
      return { ...file, keys: file.keys.map((key) => (key.id === id ? { revoked, ...key } : key)) };
    });
    note(`Key ${id} is revoked.`);
  },
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);
/** Beside the key: what reads the output of `create` gets the key alone. */
const note = (line: string): void => void process.stderr.write(`${line}\n`);

function wishOf(args: string[]): { name: string; tier: string; expires: string | undefined } {
  const text = { type: 'string' } as const;
  let values: { name?: string; tier?: string; expires?: string };
  try {
    ({ values } = parseArgs({ args, options: { name: text, tier: text, expires: text } }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : '');
  }
  const { name, tier = 'standard', expires } = values;
  if (name === undefined) throw new UsageError('--name is needed.');
  if (expires !== undefined && !(Date.parse(expires) > Date.now())) {
    throw new UsageError('--expires takes a date that is still to come.');
  }
  return { name, tier, expires: expires && new Date(expires).toISOString() };
}

/** The file as it stands; an empty one when there is none yet. */
function read(path: string): KeyFile {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return { version: 1, tiers: {}, keys: [] };
  return parseKeyFile(readFileSync(path, 'utf8'));
}

/**
 * Writes a changed file beside the old one and puts it in its place: who reads sees the old or the new, never half
 * of one. The draft is also the lock: two commands at once would lose one's change.
 */
function change(path: string, tiers: TierTable, edit: (file: KeyFile) => KeyFile): void {
  const draft = `${path}.draft`;
  const mode = (statSync(path, { throwIfNoEntry: false })?.mode ?? PRIVATE_MODE) & 0o777;
  const handle = openDraft(draft, mode);
  try {
    const changed = edit(read(path));
    // Nothing is written that an API would refuse.
    new ApiKeys(changed, tiers);
    writeSync(handle, `${JSON.stringify(changed, undefined, 2)}\n`);
    fsyncSync(handle);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    closeSync(handle);
  }
}

function openDraft(draft: string, mode: number): number {
  try {
    return openSync(draft, 'wx', mode);
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new SettingsError(
      isThere
        ? `KEYS_FILE: ${draft} is there: another command is at work, or one was cut short; then remove it`
        : 'KEYS_FILE: its folder cannot be written',
    );
  }
}

function main([verb = '', ...args]: string[]): number {
  if (['', '--help', '-h', 'help'].includes(verb) || args.includes('--help')) {
    say(HELP);
    return verb === '' ? EXIT_USAGE : 0;
  }
  try {
    const command = Object.hasOwn(COMMANDS, verb) ? COMMANDS[verb] : undefined;
    if (command === undefined) throw new UsageError();
    const settings = loadSettings(process.env);
    if (settings.KEYS_FILE === undefined)
      throw new UsageError('KEYS_FILE: needed, the path of the file of keys.');
    command({ path: settings.KEYS_FILE, tiers: builtInTiers(settings), args });
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      note(error.message === '' ? HELP : error.message);
      return EXIT_USAGE;
    }
    if (!(error instanceof SettingsError)) throw error;
    note(error.message);
    return EXIT_FAILED;
  }
}

process.exitCode = main(process.argv.slice(2));
