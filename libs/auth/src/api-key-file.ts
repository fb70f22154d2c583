import { statSync } from 'node:fs';
import { ApiKeys, parseKeyFile, type KeyFile } from './api-keys.js';
import { readSecretFile } from './secret-file.js';
import { SettingsError } from '#config/settings.js';
import type { TierTable } from './tier-table.js';

const LOOK_EVERY_MS = 2000;
const NO_KEYS: KeyFile = { version: 1, tiers: {}, keys: [] };

/** What became of a changed file: its keys are in force, or those before them still are, and why. */
export type ApiKeyChanges = { keys: number } | { fault: string };

/**
 * The file of API keys, read at start and again when it changes. It is looked at rather than watched: notices of the
 * kernel do not cross mounts of containers and network file systems. Nothing is ever written here.
 */
export class ApiKeyFile {
  private current: ApiKeys;
  private stamp: string | undefined;

  /**
   * @param file path, or undefined: nobody has a key
   * @throws SettingsError when the file cannot be read, is open to others, or is wrong
   */
  constructor(
    private readonly file: string | undefined,
    private readonly tiers: TierTable,
  ) {
    this.stamp = this.look();
    this.current = this.read();
  }

  /** The keys and tiers in force. */
  get book(): ApiKeys {
    return this.current;
  }

  /** True when there is a file: then whoever shows a key is its holder or is refused. */
  get isOn(): boolean {
    return this.file !== undefined;
  }

  /** Looks at the file every two seconds until the returned function is called, and tells what it finds. */
  follow(tell: (news: ApiKeyChanges) => void): () => void {
    if (this.file === undefined) return () => undefined;
    const timer = setInterval(() => {
      const news = this.refresh();
      if (news !== undefined) tell(news);
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }

  /** Takes a changed file in. A wrong one leaves the keys before it in force, and is told of once. */
  refresh(): ApiKeyChanges | undefined {
    const stamp = this.look();
    if (stamp === this.stamp) return undefined;
    this.stamp = stamp;
    try {
      this.current = this.read();
      return { keys: this.current.size };
    } catch (error) {
      if (error instanceof SettingsError) return { fault: error.message };
      throw error;
    }
  }

  private read(): ApiKeys {
    if (this.file === undefined) return new ApiKeys(NO_KEYS, this.tiers);
    const text = readSecretFile('KEYS_FILE', this.file).toString();
    return new ApiKeys(parseKeyFile(text), this.tiers);
  }

  /** Changes whenever the file does: it is replaced as a whole, so it is another file then. Undefined: out of reach. */
  private look(): string | undefined {
    if (this.file === undefined) return undefined;
    try {
      const { dev, ino, mode, mtimeNs, size } = statSync(this.file, { bigint: true });
      return `${dev} ${ino} ${mode} ${mtimeNs} ${size}`;
    } catch {
      return undefined;
    }
  }
}
