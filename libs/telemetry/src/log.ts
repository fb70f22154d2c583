import type { LogEvent, LogEvents } from './log.fields.js';

const LEVELS = { silent: 0, error: 1, warn: 2, info: 3, debug: 4 } as const;

/** How much is logged. */
export type LogLevel = keyof typeof LEVELS;

/** Writes one JSON object a line, typed fields only. */
export class Log {
  constructor(
    private readonly level: LogLevel,
    private readonly sink: (line: string) => void = (line) => process.stdout.write(line),
  ) {}

  /** Events that only a search for a fault needs. */
  debug<E extends LogEvent>(event: E, fields: LogEvents[E]): void {
    this.write('debug', event, fields);
  }

  /** Normal events. */
  info<E extends LogEvent>(event: E, fields: LogEvents[E]): void {
    this.write('info', event, fields);
  }

  /** Something needs attention, the service goes on. */
  warn<E extends LogEvent>(event: E, fields: LogEvents[E]): void {
    this.write('warn', event, fields);
  }

  /** A defect. */
  defect(error: unknown): void {
    this.write('error', 'defect', { error: errorName(error), at: firstFrame(error) });
  }

  private write<E extends LogEvent>(level: LogLevel, event: E, fields: LogEvents[E]): void {
    if (LEVELS[level] > LEVELS[this.level]) return;
    this.sink(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...fields })}\n`);
  }
}

const errorName = (error: unknown): string =>
  error instanceof Error ? error.constructor.name : typeof error;

/** First stack frame, without the message above it and without folders. */
function firstFrame(error: unknown): string {
  const frame =
    error instanceof Error ? error.stack?.split('\n').find((line) => /^\s+at /.test(line)) : undefined;
  return /([\w.-]+:\d+):\d+\)?$/.exec(frame ?? '')?.[1] ?? 'unknown';
}
