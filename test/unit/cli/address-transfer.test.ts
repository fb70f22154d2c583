import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AddressError } from '../../../apps/cli/src/address-error.js';
import { download } from '../../../apps/cli/src/address-transfer.js';
import { failedLine } from '../../../apps/cli/src/manifest-report.js';
import { jobOfLine, type ManifestJob } from '../../../apps/cli/src/manifest-line.js';

let server: Server;
beforeEach(async () => {
  server = createServer((_, response) =>
    response.writeHead(302, { location: 'http://me:secret@127.0.0.1:9/b.jpg' }).end(),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => server.close());

const addressOf = (text: string): URL =>
  new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${text}`);

const failureOf = async (url: URL): Promise<AddressError> => {
  const { signal } = new AbortController();
  const error: unknown = await download({ url, headers: {}, signal }).catch((reason: unknown) => reason);
  if (error instanceof AddressError) return error;
  throw new Error('no error');
};

describe('given an input that cannot be fetched', () => {
  it('when it redirects to an address with a password, then the error comes at once and does not contain it', async () => {
    const error = await failureOf(addressOf('a.jpg'));
    expect(error).toMatchObject({ code: 'input-unavailable', attempts: 1, isRepeatable: false });
    expect(error.message).toBe('It redirects to an address with a user name or password');
  });

  it('when its address has expired, then the attempts are those of the input', async () => {
    const error = await failureOf(addressOf('a.jpg?Expires=1700000000&Signature=s'));
    const text = JSON.stringify({ custom_id: 'a', input: 'a.jpg', output: 'a.png' });
    const job = jobOfLine(text, 1, { folder: '/', allowHttp: false, options: {} }) as ManifestJob;
    const line = failedLine(job, error, { service: 0 });
    expect(line).toMatchObject({ error: { code: 'address-expired' }, attempts: 0, input_attempts: 1 });
    expect(line).not.toHaveProperty('output_attempts');
  });
});
