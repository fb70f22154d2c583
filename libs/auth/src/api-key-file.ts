import { statSync } from 'node:fs';
import { ApiKeys, parseKeyFile, type KeyFile } from './api-keys.js';
import { readSecretFile } from './secret-file.js';
import { SettingsError } from '#config/settings.js';
import type { TierTable } from './tier-table.js';

const LOOK_EVERY_MS = 2000;
const NO_KEYS: KeyFile = { version: 1, tiers: {}, keys: [] };

/** Result of a reload: the number of keys, or the error for which the previous keys stay in use. */
export type ApiKeyChanges = { keys: number } | { fault: string };

/**
 * The file of API keys, read at start and after each change. It is polled, because file notifications do not cross container
 * mounts and network file systems.
 */
export class ApiKeyFile {
  private current: ApiKeys;
  private stamp: string | undefined;

  /**
   * @param file path; undefined: there are no keys
   * @throws SettingsError when the file cannot be read, has wrong permissions, or is invalid
   */
  constructor(
    private readonly file: string | undefined,
    private readonly tiers: TierTable,
  ) {
    this.stamp = this.look();
    this.current = this.read();
  }

  /** The present keys and tiers. */
  get book(): ApiKeys {
    return this.current;
  }

  /** True when there is a file; then every presented key must be valid. */
  get isOn(): boolean {
    return this.file !== undefined;
  }

  /** Polls the file every two seconds until the returned function is called, and reports changes. */
  follow(onChange: (changes: ApiKeyChanges) => void): () => void {
    if (this.file === undefined) return () => undefined;
    const timer = setInterval(() => {
      const changes = this.refresh();
      if (changes !== undefined) onChange(changes);
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }

  /** Loads a changed file. With an invalid one the previous keys stay in use, and the error is reported once. */
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

  /** Identity of the file, which each replacement changes; undefined when it cannot be read. */
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
