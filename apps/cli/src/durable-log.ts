import { open, type FileHandle } from 'node:fs/promises';

/**
 * A file that only grows, by whole lines. A line counts once it is on the disk. Lines that wait together are written
 * together.
 */
export class DurableLog {
  private waiting: string[] = [];
  private writing: Promise<void> | undefined;
  private next: Promise<void> | undefined;

  private constructor(private readonly file: FileHandle) {}

  /**
   * Opens or creates a file. Removes the rest of a line that a killed process was writing: the next line starts a line.
   * @param mode permissions of a new file
   * @throws the file system's error
   */
  static async open(path: string, mode = 0o644): Promise<DurableLog> {
    const file = await open(path, 'a+', mode);
    try {
      const { size } = await file.stat();
      const bytes = await completeBytes(file, size);
      if (bytes < size) {
        await file.truncate(bytes);
        await file.datasync();
      }
      return new DurableLog(file);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Adds an object as one line. Resolves when it is on the disk. @throws the file system's error */
  add(entry: object): Promise<void> {
    this.waiting.push(`${JSON.stringify(entry)}\n`);
    this.next ??= this.afterWriting();
    return this.next;
  }

  /** Waits for all lines and closes the file. */
  async close(): Promise<void> {
    await (this.next ?? this.writing)?.catch(() => undefined);
    await this.file.close();
  }

  private async afterWriting(): Promise<void> {
    // An earlier failure is reported to those who wait for it.
    await this.writing?.catch(() => undefined);
    // Entries of the same turn join this write.
    await Promise.resolve();
    const text = this.waiting.splice(0).join('');
    this.writing = this.write(text);
    this.next = undefined;
    await this.writing;
  }

  private async write(text: string): Promise<void> {
    await this.file.appendFile(text);
    await this.file.datasync();
  }
}

/** Size of the complete lines of a file: the position after the last line end. @throws the file system's error */
export async function completeBytes(file: FileHandle, size: number): Promise<number> {
  const block = Buffer.alloc(65_536);
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - block.length);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    const at = block.subarray(0, bytesRead).lastIndexOf('\n');
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}
