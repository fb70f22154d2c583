import { createHash } from 'node:crypto';
import { request } from 'node:http';
import type { ReadyResult } from './ready-results.js';

/** What came of fetching a result. */
export interface Download {
  /** 0 when the connection broke before an answer. */
  status: number;
  /** Every announced byte has come. */
  complete: boolean;
  bytes: number;
  sha256: string;
  retryAfterS: number | undefined;
}

/** Fetches a result over a connection of its own and keeps nothing of it but its hash. Never rejects. */
export function download(
  baseUrl: string,
  { id, token }: Pick<ReadyResult, 'id' | 'token'>,
): Promise<Download> {
  return new Promise((resolve) => {
    const hash = createHash('sha256');
    const result: Download = { status: 0, complete: false, bytes: 0, sha256: '', retryAfterS: undefined };
    const finish = (complete: boolean): void => resolve({ ...result, complete, sha256: hash.digest('hex') });
    const call = request(`${baseUrl}/v1/jobs/${id}/result`, {
      headers: { Authorization: `Bearer ${token}` },
      agent: false,
    });
    call.once('error', () => {
      if (result.status === 0) finish(false);
    });
    call.once('response', (answer) => {
      result.status = answer.statusCode ?? 0;
      const retryAfter = answer.headers['retry-after'];
      if (retryAfter !== undefined) result.retryAfterS = Number(retryAfter);
      answer.on('data', (piece: Buffer) => {
        result.bytes += piece.length;
        hash.update(piece);
      });
      answer.on('error', () => undefined);
      answer.once('close', () => finish(answer.complete));
    });
    call.end();
  });
}
