import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { CommandError } from './exit-codes.js';
import { completeBytes, DurableLog } from './durable-log.js';

/** Facts of a result line that both outcomes have. */
interface EndedLine {
  custom_id: string;
  /** Line number in the manifest. */
  line: number;
  /** Submissions to the service; 0 if the image did not get there. */
  attempts: number;
  /** GET requests for an input that is an address. */
  input_attempts?: number | undefined;
  /** PUT requests for an output that is an address. */
  output_attempts?: number | undefined;
  /** RFC 3339. */
  ended_at: string;
  /** Fingerprint of the line of the manifest. */
  fingerprint: string;
}

/** An image whose result has been written. */
export interface DoneLine extends EndedLine {
  status: 'done';
  /** As in the manifest; an address without its query. */
  output: string;
  bytes: number;
  width: number;
  height: number;
  format: string;
  job_id?: string | undefined;
  /** The deletion receipt, a compact JWS; with `--receipts` the path of its file. */
  receipt?: string | undefined;
  /** Why there is no receipt. */
  receipt_error?: string | undefined;
  confidence?: number | undefined;
  hints: readonly string[];
}

/** An image that failed. */
export interface FailedLine extends EndedLine {
  status: 'failed';
  error: { code: string; message: string };
}

/** A line of the results: one for each image that has ended. */
export type ResultLine = DoneLine | FailedLine;

/** How an image ended in an earlier run. */
export type Ended = Pick<ResultLine, 'status' | 'fingerprint'>;

/** The results of earlier runs. The last line of a `custom_id` counts. */
export interface EarlierResults {
  byId: ReadonlyMap<string, Ended>;
  /** True if the last line is incomplete, as a killed run was writing it. */
  isTorn: boolean;
}

const NONE: EarlierResults = { byId: new Map(), isTorn: false };

/** Reads the results of earlier runs. @throws CommandError if the file has other contents */
export async function readResults(path: string): Promise<EarlierResults> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) return NONE;
  if (!facts.isFile()) throw new CommandError(`--results ${path} is not a file.`);
  const file = await open(path, 'r');
  const bytes = await completeBytes(file, facts.size).finally(() => file.close());
  if (bytes === 0) return { ...NONE, isTorn: facts.size > 0 };
  const byId = new Map<string, Ended>();
  let number = 0;
  const input = createReadStream(path, { end: bytes - 1 });
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    number += 1;
    const line = resultOf(text);
    if (line === undefined) {
      input.destroy();
      throw new CommandError(
        `${path} has other contents: line ${number} is not a result of removebg batch. Choose another --results.`,
      );
    }
    byId.set(line.custom_id, { status: line.status, fingerprint: line.fingerprint });
  }
  return { byId, isTorn: bytes < facts.size };
}

function resultOf(text: string): Pick<ResultLine, 'custom_id' | 'status' | 'fingerprint'> | undefined {
  try {
    const line = JSON.parse(text) as Partial<ResultLine>;
    const { custom_id: id, status, fingerprint } = line;
    const isResult = typeof id === 'string' && typeof fingerprint === 'string';
    return isResult && (status === 'done' || status === 'failed')
      ? { custom_id: id, status, fingerprint }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Where result lines are written. */
export interface ResultsWriter {
  /** Resolves when the line is on the disk, or with the reader of the standard output. */
  add: (line: ResultLine) => Promise<void>;
  close: () => Promise<void>;
}

/** Opens the results for further lines. @throws the file system's error */
export const openResults = (path: string): Promise<ResultsWriter> => DurableLog.open(path);

/** Writes result lines to the standard output. */
export function printedResults(stdout: NodeJS.WriteStream): ResultsWriter {
  const add = async (line: ResultLine): Promise<void> => {
    if (!stdout.write(`${JSON.stringify(line)}\n`)) await once(stdout, 'drain');
  };
  return { add, close: () => Promise.resolve() };
}
