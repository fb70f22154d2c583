import type { LogEvent, LogEvents } from './log-fields.js';
import { textLine, type LogEntry } from './log-text.js';

const LEVELS = { silent: 0, error: 1, warn: 2, info: 3, debug: 4 } as const;

/** Log level. */
export type LogLevel = keyof typeof LEVELS;

/** Settings of the log. */
export interface LogSettings {
  LOG_LEVEL: LogLevel;
  LOG_FORMAT: 'auto' | 'json' | 'text';
}

/** Writes one event a line: JSON, or text on a terminal. It replaces pino, which would accept any field and message. */
export class Log {
  private readonly level: LogLevel;
  private readonly toLine: (entry: LogEntry) => string;

  constructor(
    { LOG_LEVEL, LOG_FORMAT }: LogSettings,
    private readonly sink: (line: string) => void = (line) => process.stdout.write(line),
  ) {
    this.level = LOG_LEVEL;
    const isText = LOG_FORMAT === 'text' || (LOG_FORMAT === 'auto' && process.stdout.isTTY);
    const hasColor = wantsColor(process.env);
    this.toLine = isText ? (entry) => textLine(entry, hasColor) : (entry) => JSON.stringify(entry);
  }

  /** Events for debugging. */
  debug<E extends LogEvent>(event: E, fields: LogEvents[E]): void {
    this.write('debug', event, fields);
  }

  /** Normal events. */
  info<E extends LogEvent>(event: E, fields: LogEvents[E]): void {
    this.write('info', event, fields);
  }

  /** Events that need attention. */
  warn<E extends LogEvent>(event: E, fields: LogEvents[E]): void {
    this.write('warn', event, fields);
  }

  /** A bug. */
  defect(error: unknown): void {
    this.write('error', 'defect', { error: errorName(error), at: firstFrame(error) });
  }

  private write<E extends LogEvent>(level: LogLevel, event: E, fields: LogEvents[E]): void {
    if (LEVELS[level] > LEVELS[this.level]) return;
    this.sink(`${this.toLine({ time: new Date(), level, event, ...fields })}\n`);
  }
}

/** Follows https://no-color.org and https://force-color.org; otherwise a terminal gets colors. */
const wantsColor = ({ NO_COLOR = '', FORCE_COLOR = '' }: NodeJS.ProcessEnv): boolean =>
  NO_COLOR === '' && (process.stdout.isTTY || !['', '0', 'false'].includes(FORCE_COLOR));

const errorName = (error: unknown): string =>
  error instanceof Error ? error.constructor.name : typeof error;

/** First stack frame, without the message above it and without folders. */
function firstFrame(error: unknown): string {
  const frame =
    error instanceof Error ? error.stack?.split('\n').find((line) => /^\s+at /.test(line)) : undefined;
  return /([\w.-]+:\d+):\d+\)?$/.exec(frame ?? '')?.[1] ?? 'unknown';
}
