import { spawn, type ChildProcess } from 'node:child_process';
import { constants, getPriority, setPriority } from 'node:os';
import type { Duplex } from 'node:stream';
import { EX_CONFIG } from '#config/process-lifecycle.js';
import { SettingsError } from '#config/settings.js';
import { wipe } from '#crypto/wipe.js';
import { EngineUnavailable, type EngineFacts, type EngineSettings } from './engine-contract.js';
import { fromEngineSchema, MAX_HEADER_BYTES, type FromEngine, type ToEngine } from './engine-protocol.js';
import { engineEnvironment } from './engine-environment.js';
import type { Command } from './engine-privileges.js';
import { frameHead, FrameDecoder } from './frame-codec.js';

/** Most of what a child may say on stderr before it is ready; afterwards it is not listened to. */
const MAX_NOTE_BYTES = 2048;
/** An uncompressible RGBA result is barely larger than its pixels. */
const BYTES_PER_PIXEL = 5;
const SPARE_BYTES = 1024 * 1024;

/** An engine computes for seconds; API, worker and Redis, which it computes beside, need milliseconds now and then. */
const NICENESS = 5;

/** What a child reports, besides being ready. */
export interface EngineChildEvents {
  onMessage: (message: Exclude<FromEngine, { type: 'ready' }>, payload: Buffer) => void;
  /** Once, whatever the reason; nothing is reported afterwards. */
  onExit: () => void;
}

/** Gives a process less of the CPU than its parent has. Its threads inherit it: it has none of its own yet. */
function lowerPriority(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, Math.min(constants.priority.PRIORITY_LOW, getPriority() + NICENESS));
  } catch {
    // It has ended already, and is replaced as always; or a sandbox forbids it.
  }
}

/** One engine process: its life, and messages to and from it. It knows nothing of queues and retries. */
export class EngineChild {
  /** Rejects with EngineUnavailable, or with SettingsError when another start would end in the same way. */
  readonly ready: Promise<EngineFacts>;
  readonly exited: Promise<void>;
  readonly #process: ChildProcess;
  readonly #socket: Duplex;
  readonly #decoder: FrameDecoder;
  readonly #events: EngineChildEvents;
  #note = '';
  #settleReady: ((outcome: EngineFacts | Error) => void) | undefined;

  constructor(command: Command, settings: EngineSettings & { warmUp: boolean }, events: EngineChildEvents) {
    this.#events = events;
    this.#decoder = new FrameDecoder({
      maxHeaderBytes: MAX_HEADER_BYTES,
      maxPayloadBytes: Math.min(settings.maxPixels * BYTES_PER_PIXEL + SPARE_BYTES, 0xffffffff),
    });
    const [program, ...args] = command;
    this.#process = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      env: engineEnvironment(
        process.env,
        settings.plans.some(({ provider }) => provider !== 'cpu'),
      ),
    });
    lowerPriority(this.#process.pid);
    this.#socket = this.#process.stdio[3] as Duplex;
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome));
    });
    this.exited = new Promise((resolve) => this.#watch(resolve));
    this.send({ type: 'start', ...settings });
  }

  /** Writes a message; files are written without a copy, so they must stay until the answer comes. */
  send(message: ToEngine, ...files: readonly Buffer[]): void {
    const bytes = files.reduce((sum, file) => sum + file.length, 0);
    for (const piece of [frameHead(message, bytes), ...files]) this.#socket.write(piece);
  }

  /** Ends the process at once, in the middle of whatever it does. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #watch(exited: () => void): void {
    let over = false;
    const end = (code?: unknown): void => {
      if (over) return;
      over = true;
      this.#socket.destroy();
      this.#decoder.discard();
      this.#settleReady?.(this.#reason(code === EX_CONFIG));
      this.#settleReady = undefined;
      exited();
      this.#events.onExit();
    };
    // 'close' and not 'exit': what the child wrote before it ended is still read.
    this.#process.on('close', end).on('error', end);
    this.#process.stderr?.on('data', (text: Buffer) => {
      if (this.#settleReady !== undefined) this.#note = (this.#note + text.toString()).slice(-MAX_NOTE_BYTES);
    });
    this.#socket.on('error', () => this.kill());
    this.#socket.on('data', (piece: Buffer) => this.#read(piece));
  }

  /** Why there is no engine. What drivers printed may come before the engine's own last line. */
  #reason(misconfigured: boolean): Error {
    const note = this.#note.trim();
    if (misconfigured) return new SettingsError(note.split('\n').at(-1) ?? '');
    return new EngineUnavailable(`the engine did not start: ${note}`);
  }

  #read(piece: Buffer): void {
    try {
      for (const { header, payload } of this.#decoder.push(piece)) {
        this.#dispatch(fromEngineSchema.parse(header), payload);
      }
    } catch {
      this.kill();
    } finally {
      wipe(piece);
    }
  }

  #dispatch(message: FromEngine, payload: Buffer): void {
    if (message.type !== 'ready') {
      this.#events.onMessage(message, payload);
      return;
    }
    const { models, provider, batch, loadMs, warmUpMs, declined } = message;
    const pid = this.#process.pid ?? 0;
    this.#settleReady?.({ models, provider, batch, loadMs, warmUpMs, declined, pid });
    this.#settleReady = undefined;
  }
}
