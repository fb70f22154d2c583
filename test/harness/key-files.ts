import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const COMMAND = ['tools/bootstrap.mjs', 'keys'];

/** A file of API keys in a folder of its own, written with the command line that operators use. */
export class KeyFiles {
  private readonly folder = mkdtempSync(join(tmpdir(), 'removebg-keys-'));
  readonly path = join(this.folder, 'keys.json');

  /** Creates a key and returns it. */
  create(tier: string, ...more: string[]): string {
    return this.run('create', '--name', `holder of ${tier}`, '--tier', tier, ...more).trim();
  }

  /** Ids of all keys, in the order of their creation. */
  ids(): string[] {
    return this.run('list')
      .split('\n')
      .map((line) => line.slice(0, 10))
      .filter((id) => id !== '');
  }

  /** Runs a command that must succeed; resolves to its standard output. */
  run(...args: string[]): string {
    return execFileSync(process.execPath, [...COMMAND, ...args], { encoding: 'utf8', ...this.options() });
  }

  /** Runs a command that may fail. */
  attempt(...args: string[]): { status: number | null; stderr: string } {
    return spawnSync(process.execPath, [...COMMAND, ...args], { encoding: 'utf8', ...this.options() });
  }

  /** Removes the folder. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private options(): { env: NodeJS.ProcessEnv; stdio: 'pipe' } {
    return { env: { ...process.env, KEYS_FILE: this.path }, stdio: 'pipe' };
  }
}

/** The header that shows an API key. */
export const withKey = (key: string): Record<string, string> => ({ 'X-Api-Key': key });
