/** `npm run keys -- create|list|revoke`: manages the file of API keys that KEYS_FILE names. */
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
import { drawApiKey, drawKeyId, hashApiKey } from '#auth/api-key.js';
import { ApiKeys, isInForce, keyEntrySchema, parseKeyFile, type KeyFile } from '#auth/api-keys.js';
import { builtInTiers, type TierTable } from '#auth/tier-table.js';
import { loadSettings, SettingsError } from '#config/settings.js';
import { readArguments } from './arguments.js';
import { EXIT_USAGE, runCommand, say, ToolError } from './report.js';

const PRIVATE_MODE = 0o600;

const usageError = (message: string): ToolError => new ToolError(message, EXIT_USAGE);

/** What the commands work on. */
interface Target {
  /** Path of the file; it need not exist. */
  path: string;
  tiers: TierTable;
}

/** The options of `create`. */
type NewKey = Readonly<Record<string, string | boolean | undefined>>;

/** Creates a key and prints it: the file holds its hash only. */
function create({ path, tiers }: Target, { name, tier = 'standard', expires }: NewKey): void {
  if (name === undefined) throw usageError('--name is required.');
  if (expires !== undefined && !(Date.parse(String(expires)) > Date.now()))
    throw usageError('--expires must be a date in the future.');
  const key = drawApiKey();
  const entry = keyEntrySchema.safeParse({
    id: drawKeyId(),
    name,
    tier,
    sha256: hashApiKey(key).toString('hex'),
    created: new Date().toISOString(),
    expires: expires && new Date(String(expires)).toISOString(),
  });
  if (!entry.success) throw usageError('--name takes 1 to 100 characters, --tier the name of a tier.');
  change(path, tiers, (file) => ({ ...file, keys: [...file.keys, entry.data] }));
  say(key);
  note(`Key ${entry.data.id} (${entry.data.tier}). Store it safely: it cannot be shown again.`);
}

function list({ path }: Target): void {
  for (const entry of read(path).keys) {
    const state = isInForce(entry, Date.now()) ? 'in force' : entry.revoked ? 'revoked' : 'expired';
    const until = entry.expires === undefined ? '' : `  until ${entry.expires}`;
    const columns = [entry.id, state.padEnd(8), entry.tier.padEnd(12), `since ${entry.created}${until}`];
    say([...columns, entry.name].join('  '));
  }
}

function revoke({ path, tiers }: Target, id: string): void {
  const revoked = new Date().toISOString();
  change(path, tiers, (file) => {
    if (!file.keys.some((key) => key.id === id)) throw usageError('There is no key with this id.');
    return { ...file, keys: file.keys.map((key) => (key.id === id ? { revoked, ...key } : key)) };
  });
  note(`Key ${id} is revoked.`);
}

/** Prints to stderr, so that the output of `create` is the key alone. */
const note = (line: string): void => void process.stderr.write(`${line}\n`);

/** The content of the file; empty when it does not exist. */
function read(path: string): KeyFile {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return { version: 1, tiers: {}, keys: [] };
  return parseKeyFile(readFileSync(path, 'utf8'));
}

/**
 * Writes the changed file as a draft and renames it, so that readers see the old or the new file, never a part of one.
 * The draft is also the lock: of two commands at once, one fails.
 */
function change(path: string, tiers: TierTable, edit: (file: KeyFile) => KeyFile): void {
  const draft = `${path}.draft`;
  const mode = (statSync(path, { throwIfNoEntry: false })?.mode ?? PRIVATE_MODE) & 0o777;
  const handle = openDraft(draft, mode);
  try {
    const changed = edit(read(path));
    // Throws for a file that an API would refuse.
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
    throw new ToolError(
      (error as NodeJS.ErrnoException).code === 'EEXIST'
        ? `KEYS_FILE: ${draft} exists. Another command is running; if none is, remove the draft.`
        : 'KEYS_FILE: its folder cannot be written.',
    );
  }
}

await runCommand(async () => {
  const text = { type: 'string' } as const;
  const options = { name: text, tier: text, expires: text };
  const { values, positionals } = readArguments(options, { hasPositionals: true });
  const [verb, id, ...more] = positionals;
  const isCreate = verb === 'create' && id === undefined;
  const isList = verb === 'list' && id === undefined;
  const isRevoke = verb === 'revoke' && id !== undefined && more.length === 0;
  if (!(isCreate || isList || isRevoke) || (!isCreate && Object.keys(values).length > 0))
    throw usageError(
      'usage: npm run keys -- create --name NAME | list | revoke ID      (--help explains them)',
    );
  try {
    const settings = loadSettings(process.env);
    if (settings.KEYS_FILE === undefined)
      throw usageError('KEYS_FILE is required: the path of the file of API keys.');
    const target = { path: settings.KEYS_FILE, tiers: builtInTiers(settings) };
    if (isCreate) create(target, values);
    else if (isRevoke) revoke(target, id);
    else list(target);
    return 0;
  } catch (error) {
    throw error instanceof SettingsError ? new ToolError(error.message) : error;
  }
});
