import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EXAMPLE_ORIGIN, LANGUAGES } from '../../tools/src/docs/code-samples.js';
import { operationsOf, type ApiDocument, type Operation } from '../../tools/src/docs/open-api.js';
import { openApiDocument } from '../../tools/src/openapi-document.js';
import { sampleOf } from '../../tools/src/docs/sample-requests.js';
import { writeAuditReport } from '../harness/audit-report.js';
import { smallPhoto } from '../harness/small-photo.js';
import { nothingRemains } from '../harness/traces.js';
import { useLightSystem } from '../harness/use-system.js';

const run = promisify(execFile);

/** How a sample is run. */
const PROGRAMS: Record<string, (file: string) => [program: string, args: string[]]> = {
  curl: (file) => ['bash', ['-euo', 'pipefail', file]],
  node: (file) => [process.execPath, [file]],
  python: (file) => ['python3', [file]],
  php: (file) => ['php', [file]],
};

/** Needs a service that downloads images, and the internet. */
const NOT_RUN = ['rembgFromUrl'];

const isThere = (program: string): boolean => spawnSync(program, ['--version']).status === 0;
const languages = LANGUAGES.filter(({ id }) => id !== 'php' || isThere('php'));
const document = JSON.parse(openApiDocument()) as ApiDocument;
const operations = operationsOf(document).filter(({ operationId }) => !NOT_RUN.includes(operationId));
const folder = mkdtempSync(join(tmpdir(), 'samples-'));
const AUDIT_REPORT_FILE = writeAuditReport(join(folder, 'audit.json'));
const { system } = useLightSystem({ RATE_LIMIT: 'off', AUDIT_REPORT_FILE });

jest.setTimeout(120_000);
beforeAll(() => writeFileSync(join(folder, 'photo.jpg'), smallPhoto()));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => nothingRemains(system));

interface Subject {
  id: string;
  token: string;
}

async function call(
  method: string,
  path: string,
  { token = '', body }: { token?: string; body?: Buffer } = {},
) {
  const headers = token === '' ? {} : { Authorization: `Bearer ${token}` };
  const response = await fetch(system.url + path, {
    method,
    headers,
    ...(body && { body: new Uint8Array(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response;
}

/** A job in the state that the sample of an operation needs. */
async function newJob({ operationId }: Operation): Promise<Subject> {
  const { id, token } = (await (await call('POST', '/v1/jobs', { body: smallPhoto() })).json()) as Subject;
  // A receipt is written when the job has ended, and the stream of events then ends.
  if (['getReceipt', 'streamJobEvents'].includes(operationId))
    await (await call('GET', `/v1/jobs/${id}/result?wait=60`, { token })).arrayBuffer();
  return { id, token };
}

/** A batch in the state that the sample of an operation needs. */
async function newBatch({ operationId }: Operation): Promise<Subject> {
  const { id, token } = (await (await call('POST', '/v1/batches')).json()) as Subject;
  if (['nextResult', 'getArchive'].includes(operationId))
    await call('POST', `/v1/batches/${id}/jobs`, { token, body: smallPhoto() });
  if (['getArchive', 'streamBatchEvents'].includes(operationId))
    await call('POST', `/v1/batches/${id}/close`, { token });
  return { id, token };
}

/** Deletes what a sample has left. */
async function remove(subject: Subject | undefined, kind: 'job' | 'batch' | undefined): Promise<void> {
  if (subject === undefined) return;
  const path = kind === 'batch' ? `/v1/batches/${subject.id}` : `/v1/jobs/${subject.id}`;
  await fetch(system.url + path, { method: 'DELETE', headers: { Authorization: `Bearer ${subject.token}` } });
}

describe.each(operations.map((operation) => [operation.operationId, operation] as const))(
  'given the samples of %s',
  (_, operation) => {
    it.each(languages.map(({ id, render }) => [id, render] as const))(
      'when the one in %s is run as it is shown, then it works',
      async (language, render) => {
        const sample = sampleOf(document, operation);
        const subject =
          sample.subject === undefined
            ? undefined
            : await (sample.subject === 'job' ? newJob : newBatch)(operation);
        const file = join(folder, `sample.${language === 'node' ? 'mjs' : language}`);
        writeFileSync(file, render(sample).replaceAll(EXAMPLE_ORIGIN, system.url));
        const [program, args] = PROGRAMS[language]!(file);
        const env = { ...process.env, ID: subject?.id, TOKEN: subject?.token };
        const { stdout } = await run(program, args, { cwd: folder, env, timeout: 90_000 });
        if (sample.output !== undefined) {
          const output = readFileSync(join(folder, sample.output));
          expect(output.length).toBeGreaterThan(100);
          const isJson = output.toString('latin1', 0, 1) === '{';
          expect([isJson, output.includes('"error"')]).toEqual([sample.output.endsWith('.json'), false]);
          rmSync(join(folder, sample.output));
        }
        const left = /"id":"([^"]+)","token":"([^"]+)"/.exec(stdout);
        if (left !== null)
          await remove(
            { id: left[1]!, token: left[2]! },
            operation.path.includes('batches') ? 'batch' : 'job',
          );
        await remove(subject, sample.subject);
      },
    );
  },
);
