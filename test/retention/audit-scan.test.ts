import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Canary } from '../../apps/audit/src/canary/canary.js';
import { nothingFound, scanCopy } from '../../apps/audit/src/scan/buffer-scan.js';
import { scanProcess } from '../../apps/audit/src/scan/slice-scan.js';
import { tallyOf } from '../../apps/audit/src/scan/tally.js';
import { indexPayloads } from '../../apps/audit/src/scan/window-index.js';

const BYTES = 400_000;

/** Holds what it is sent at an odd offset of a buffer, in memory only; `wipe` overwrites it. */
const HOLDER = `
let held;
process.on('message', ({ hex, offset, wipe }) => {
  if (wipe) held.fill(0);
  else {
    held = Buffer.allocUnsafeSlow(hex.length / 2 + offset);
    // Digit by digit: Buffer.from(hex) would leave a second copy in a pool.
    for (let i = 0; i < hex.length; i += 2) held[offset + i / 2] = parseInt(hex.slice(i, i + 2), 16);
  }
  process.send('done');
});
process.send('ready');`;

class Holder {
  private constructor(private readonly child: ChildProcess) {}

  static async start(): Promise<Holder> {
    const child = spawn(process.execPath, ['-e', HOLDER], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    await once(child, 'message');
    return new Holder(child);
  }

  get pid(): number {
    return this.child.pid!;
  }

  async send(message: { hex?: string; offset?: number; wipe?: true }): Promise<void> {
    this.child.send(message);
    await once(this.child, 'message');
  }

  end(): void {
    this.child.kill('SIGKILL');
  }
}

const shares = (pid: number, payloads: { held: Buffer; control: Buffer }) => {
  const index = indexPayloads([
    { canary: 'test', kind: 'held', bytes: payloads.held },
    { canary: 'test', kind: 'control', bytes: payloads.control },
  ]);
  const kinds = tallyOf(index, scanProcess(pid, index).found, () => 'memory', 1);
  return { held: kinds[0]!.share, control: kinds[1]!.share };
};

describe('the memory scanner', () => {
  let holder: Holder;
  beforeEach(async () => {
    holder = await Holder.start();
  });
  afterEach(() => holder.end());

  test.each([0, 1, 3, 5, 7])(
    'given a process that holds bytes at an offset of %i, when it is scanned, then all of them are found, and none of a control',
    async (offset) => {
      const payloads = { held: randomBytes(BYTES), control: randomBytes(BYTES) };
      await holder.send({ hex: payloads.held.toString('hex'), offset });
      expect(shares(holder.pid, payloads)).toEqual({ held: 1, control: 0 });
    },
  );

  test('given bytes that were overwritten, when the process is scanned, then none of them are found', async () => {
    const payloads = { held: randomBytes(BYTES), control: randomBytes(BYTES) };
    await holder.send({ hex: payloads.held.toString('hex'), offset: 3 });
    await holder.send({ wipe: true });
    expect(shares(holder.pid, payloads)).toEqual({ held: 0, control: 0 });
  });

  test('given half of the bytes, when the process is scanned, then half of the windows are found', async () => {
    const payloads = { held: randomBytes(BYTES), control: randomBytes(BYTES) };
    await holder.send({ hex: payloads.held.subarray(0, BYTES / 2).toString('hex'), offset: 1 });
    const { held, control } = shares(holder.pid, payloads);
    expect(held).toBeCloseTo(0.5, 1);
    expect(control).toBe(0);
  });

  test.each([
    ['bytes', 64, 32, (piece: Buffer) => piece],
    ['base64', 66, 64, (piece: Buffer) => Buffer.from(piece.toString('base64'), 'latin1')],
  ] as const)(
    'given pieces of a file as %s of %i bytes, when the process is scanned, then each of them is found',
    async (_, pieceBytes, everyBytes, written) => {
      const file = randomBytes(30_000);
      const payloads = [0, 1, 2].map((shift) => ({
        canary: 'test',
        kind: 'file',
        bytes: written(file.subarray(shift)),
        everyBytes,
      }));
      const index = indexPayloads(payloads);
      for (const at of [1, 777, 4095, 17_017, 30_000 - 2 * pieceBytes]) {
        const piece = written(file.subarray(at, at + pieceBytes));
        await holder.send({ hex: piece.toString('hex'), offset: at % 8 });
        const kinds = tallyOf(index, scanProcess(holder.pid, index).found, () => 'memory', 1);
        expect({ at, isFound: kinds.some(({ found }) => found > 0) }).toEqual({ at, isFound: true });
        await holder.send({ wipe: true });
      }
    },
  );

  test('given more windows than an index takes, when payloads are indexed, then all of them are covered less densely', () => {
    const payloads = [1, 2].map((number) => ({
      ...{ canary: `${number}`, kind: 'file', bytes: randomBytes(64_000), everyBytes: 32 },
    }));
    const { labels } = indexPayloads(payloads, 1000);
    for (const { sampled } of labels) expect(Math.abs(sampled - 500)).toBeLessThan(10);
  });

  test('given bytes without variety, when they are indexed, then they are no evidence and not looked for', () => {
    const index = indexPayloads([{ canary: 'test', kind: 'plain', bytes: Buffer.alloc(BYTES, 'abcd') }]);
    expect(index.labels[0]!.sampled).toBe(0);
  });
});

describe('texts of a canary', () => {
  test('given a text in a buffer and in a string, when both are looked for, then one is not taken for the other', async () => {
    const canary = await Canary.draw('test', { format: 'jpeg', width: 64, height: 48 });
    const text = canary.drawText('option value');
    const index = indexPayloads(canary.payloads);
    const seenIn = (bytes: Buffer): string[] => {
      const found = nothingFound(index);
      scanCopy(index, bytes, found);
      return tallyOf(index, found, () => 'buffer', 1).flatMap((tally) =>
        tally.found > 0 ? [tally.kind] : [],
      );
    };
    expect(seenIn(Buffer.from(text, 'utf8'))).toEqual(['option value']);
    expect(seenIn(Buffer.from(text, 'utf16le'))).toEqual(['option value, as a string']);
  });
});
