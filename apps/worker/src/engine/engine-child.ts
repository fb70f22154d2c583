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

/** Bytes of stderr that are kept until the child is ready. Later output is dropped. */
const MAX_STDERR_BYTES = 2048;
/** An incompressible RGBA result is barely larger than its pixels. */
const BYTES_PER_PIXEL = 5;
const SPARE_BYTES = 1024 * 1024;

/** An engine computes for seconds; API, worker and Redis on the same cores need milliseconds now and then. */
const NICENESS = 5;

/** Events of a child after it is ready. */
export interface EngineChildEvents {
  onMessage: (message: Exclude<FromEngine, { type: 'ready' }>, payload: Buffer) => void;
  /** Called once, for any reason. No event follows. */
  onExit: () => void;
}

/** Lowers the CPU priority of a process below that of its parent. Threads that it starts inherit the priority. */
function lowerPriority(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, Math.min(constants.priority.PRIORITY_LOW, getPriority() + NICENESS));
  } catch {
    // The process has ended, or a sandbox forbids it.
  }
}

/** One engine process, and the messages to and from it. Queueing and retries are up to the supervisor. */
export class EngineChild {
  /** Rejects with EngineUnavailable, or with SettingsError when another start would fail in the same way. */
  readonly ready: Promise<EngineFacts>;
  readonly exited: Promise<void>;
  private readonly process: ChildProcess;
  private readonly socket: Duplex;
  private readonly decoder: FrameDecoder;
  private stderr = '';
  private settleReady: ((outcome: EngineFacts | Error) => void) | undefined;

  constructor(
    command: Command,
    settings: EngineSettings & { warmUp: boolean },
    private readonly events: EngineChildEvents,
  ) {
    this.decoder = new FrameDecoder({
      maxHeaderBytes: MAX_HEADER_BYTES,
      maxPayloadBytes: Math.min(settings.maxPixels * BYTES_PER_PIXEL + SPARE_BYTES, 0xffffffff),
    });
    const [program, ...args] = command;
    this.process = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      env: engineEnvironment(
        process.env,
        settings.plans.some(({ provider }) => provider !== 'cpu'),
      ),
    });
    lowerPriority(this.process.pid);
    this.socket = this.process.stdio[3] as Duplex;
    this.ready = new Promise((resolve, reject) => {
      this.settleReady = (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome));
    });
    this.exited = new Promise((resolve) => this.watch(resolve));
    this.send({ type: 'start', ...settings });
  }

  /** Writes a message. Files are written without a copy: the caller keeps them until the answer arrives. */
  send(message: ToEngine, ...files: readonly Buffer[]): void {
    const bytes = files.reduce((sum, file) => sum + file.length, 0);
    for (const piece of [frameHead(message, bytes), ...files]) this.socket.write(piece);
  }

  /** Kills the process. */
  kill(): void {
    this.process.kill('SIGKILL');
  }

  private watch(exited: () => void): void {
    let isOver = false;
    const end = (code?: unknown): void => {
      if (isOver) return;
      isOver = true;
      this.socket.destroy();
      this.decoder.discard();
      this.settleReady?.(this.startError(code === EX_CONFIG));
      this.settleReady = undefined;
      exited();
      this.events.onExit();
    };
    // 'close' follows 'exit' once the output of the child has been read.
    this.process.on('close', end).on('error', end);
    this.process.stderr?.on('data', (text: Buffer) => {
      if (this.settleReady === undefined) return;
      this.stderr = (this.stderr + text.toString()).slice(-MAX_STDERR_BYTES);
    });
    this.socket.on('error', () => this.kill());
    this.socket.on('data', (piece: Buffer) => this.read(piece));
  }

  /** The error of a failed start. Output of drivers may precede the last line, which is the engine's own. */
  private startError(isMisconfigured: boolean): Error {
    const text = this.stderr.trim();
    if (isMisconfigured) return new SettingsError(text.split('\n').at(-1) ?? '');
    return new EngineUnavailable(`the engine did not start: ${text}`);
  }

  private read(piece: Buffer): void {
    try {
      for (const { header, payload } of this.decoder.push(piece)) {
        this.dispatch(fromEngineSchema.parse(header), payload);
      }
    } catch {
      this.kill();
    } finally {
      wipe(piece);
    }
  }

  private dispatch(message: FromEngine, payload: Buffer): void {
    if (message.type !== 'ready') {
      this.events.onMessage(message, payload);
      return;
    }
    const { models, provider, batch, loadMs, warmUpMs, declined } = message;
    const pid = this.process.pid ?? 0;
    this.settleReady?.({ models, provider, batch, loadMs, warmUpMs, declined, pid });
    this.settleReady = undefined;
  }
}
