import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ListRootsRequestSchema, type Progress } from '@modelcontextprotocol/sdk/types.js';
import sharp from 'sharp';
import { CuttingProxy } from '../harness/cutting-proxy.js';
import { whileHeld } from '../harness/engine-hold.js';
import { eventually } from '../harness/eventually.js';
import { smallPhoto } from '../harness/small-photo.js';
import { nothingRemains } from '../harness/traces.js';
import { useLightSystem } from '../harness/use-system.js';

const PROGRAM = 'dist/apps/cli/src/removebg.command.js';
const COUNT = 12;
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'removebg-mcp-')));
const at = (...parts: string[]): string => join(folder, ...parts);
const { system } = useLightSystem();
const clients: Client[] = [];
let proxy: CuttingProxy;

jest.setTimeout(120_000);
beforeAll(async () => {
  mkdirSync(at('in', 'deep'), { recursive: true });
  for (let i = 0; i < COUNT; i += 1) writeFileSync(at('in', i < 3 ? 'deep' : '', `${i}.jpg`), smallPhoto());
  writeFileSync(at('photo.jpg'), smallPhoto());
  writeFileSync(at('notes.txt'), 'not an image');
  proxy = await CuttingProxy.start(system.url);
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});
afterAll(async () => {
  await proxy.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => void proxy.passages.splice(0));

interface Session {
  client: Client;
  pid: number;
  /** Calls a tool; the text and the data of its answer. */
  call: (name: string, given: object, settings?: object) => Promise<Answer>;
}

interface Answer {
  isError?: boolean;
  text: string;
  facts: Record<string, unknown>;
}

/** A session with the server as a client starts it: a process with pipes. */
async function open(args = ['--root', folder], roots?: string[]): Promise<Session> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [PROGRAM, 'mcp', '--server', proxy.url, ...args],
    stderr: 'ignore',
  });
  const capabilities = roots === undefined ? {} : { roots: {} };
  const client = new Client({ name: 'test', version: '1.0.0' }, { capabilities });
  if (roots !== undefined) {
    const listed = roots.map((path) => ({ uri: pathToFileURL(path).href }));
    client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: listed }));
  }
  // Whatever is no message of the protocol would come here.
  client.onerror = (error) => {
    throw error;
  };
  await client.connect(transport);
  clients.push(client);
  await client.listTools();
  const call: Session['call'] = async (name, given, settings = {}) => {
    const answer = await client.callTool({ name, arguments: { ...given } }, undefined, settings);
    const [first] = answer.content as { text: string }[];
    return {
      ...(answer.isError === true && { isError: true }),
      text: first?.text ?? '',
      facts: (answer.structuredContent ?? {}) as Record<string, unknown>,
    };
  };
  return { client, pid: transport.pid!, call };
}

describe('given an MCP client', () => {
  it('when it lists the tools and cuts out a file, then the answer has path, size and a verified receipt, and no image', async () => {
    const { client, call } = await open();
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toEqual([
      ...['remove_background', 'remove_background_folder', 'verify_receipt', 'describe_models'],
    ]);
    const seen: Progress[] = [];
    const given = { image_path: 'photo.jpg', output_path: 'new/cutout.webp', receipt_path: 'new/photo.jws' };
    const { text, facts } = await call('remove_background', given, {
      onprogress: (one: Progress) => seen.push(one),
    });
    expect(facts).toMatchObject({
      ...{ output_path: at('new/cutout.webp'), format: 'webp', width: 300, height: 300 },
      receipt: { receipt_path: at('new/photo.jws') },
    });
    expect(text).toContain(`Wrote ${at('new/cutout.webp')} (webp, 300x300 pixels`);
    expect(text).toContain('signed receipt, verified');
    expect(JSON.stringify([text, facts]).length).toBeLessThan(1500);
    expect((await sharp(readFileSync(at('new/cutout.webp'))).metadata()).hasAlpha).toBe(true);
    expect(seen.map(({ message }) => message)).toEqual(expect.arrayContaining(['sending', 'fetching']));
    const valid = await call('verify_receipt', { receipt_path: 'new/photo.jws' });
    expect(valid.facts).toMatchObject({ valid: true, claims: { state: 'delivered' } });
    const forged = readFileSync(at('new/photo.jws'), 'utf8').replace(/^e/, 'f');
    const invalid = await call('verify_receipt', { receipt: forged });
    expect(invalid).toMatchObject({ facts: { valid: false, fault: 'malformed' } });
    expect(invalid.text).toContain('NOT VALID');
    expect((await call('describe_models', {})).facts).toMatchObject({
      models: [{ name: 'isnet', default: true }],
    });
    await nothingRemains(system);
  });

  it('when calls are wrong, then each answer has a code and what would be right, nothing is sent, and the session goes on', async () => {
    const { client, call } = await open();
    writeFileSync(at('taken.png'), 'work of somebody');
    const wrong: [given: object, text: RegExp][] = [
      [{ image_path: 'none.jpg' }, /there is no file .*none\.jpg \(file-not-found\)$/],
      [{ image_path: '/etc/hostname' }, /outside of the allowed folders.*\(path-not-allowed\)$/],
      [{ image_path: 'notes.txt' }, /must be an image.*\(invalid-argument\)$/],
      [{ image_path: 'photo.jpg', bgcolor: 'red' }, /Did you mean "bg_color"\?/],
      [{ image_path: 'photo.jpg', format: 'wepb' }, /Did you mean "webp"\?/],
      [{ image_path: 'photo.jpg', output_path: 'x.gif' }, /"output_path" cannot be a \.gif file/],
      [{ image_path: 'photo.jpg', output_path: 'taken.png' }, /set "overwrite" to true.*\(output-exists\)$/],
      [{ image_path: 'photo.jpg', output_path: 'photo.jpg', overwrite: true }, /would replace an image/],
      [{ image_path: 'photo.jpg', output_path: '../x.png' }, /\(path-not-allowed\)$/],
      [{}, /"image_path" must be a path/],
    ];
    for (const [given, text] of wrong) {
      expect(await call('remove_background', given)).toMatchObject({
        ...{ isError: true, text: expect.stringMatching(text) as string },
      });
    }
    expect(proxy.of('POST', /jobs|batches/)).toEqual([]);
    const model = await call('remove_background', { image_path: 'photo.jpg', model: 'isnett' });
    expect(model.text).toContain('Did you mean isnet?');
    await expect(client.callTool({ name: 'remove_backgroud' })).rejects.toThrow(
      'Did you mean remove_background?',
    );
    expect(readFileSync(at('taken.png'), 'utf8')).toBe('work of somebody');
    const right = { image_path: 'photo.jpg', output_path: 'taken.png', overwrite: true };
    expect(await call('remove_background', right)).toMatchObject({ facts: { format: 'png' } });
  });

  it('when it cuts out a folder, then progress counts the images, and a second call skips what is done', async () => {
    const { call } = await open();
    writeFileSync(at('in', 'broken.jpg'), smallPhoto().subarray(0, 4000));
    const seen: Progress[] = [];
    const given = { input_folder: 'in', output_folder: 'out', receipts_folder: 'receipts' };
    const settings = { onprogress: (one: Progress) => seen.push(one) };
    const first = await call('remove_background_folder', given, settings);
    expect(first.facts).toMatchObject({
      ...{ total: COUNT + 1, done: COUNT, skipped: 0, kept: 0, failed: 1 },
      failures: [{ image_path: at('in/broken.jpg') }],
      receipts: { count: COUNT },
    });
    expect(first.text).toContain(`${COUNT + 1} of ${COUNT + 1} images: ${COUNT} done, 1 failed`);
    expect(seen.at(-1)).toMatchObject({ progress: COUNT + 1, total: COUNT + 1 });
    expect(seen.length).toBeGreaterThan(COUNT);
    rmSync(at('in', 'broken.jpg'));
    const second = await call('remove_background_folder', given);
    expect(second.facts).toMatchObject({ total: COUNT, done: 0, skipped: COUNT });
    const other = { ...given, format: 'webp', pattern: '*.jpg', recursive: false };
    expect((await call('remove_background_folder', other)).facts).toMatchObject({ done: COUNT - 3 });
    const wrong = await call('remove_background_folder', { ...given, pattern: '[z-a].jpg' });
    expect(wrong.text).toMatch(/^"pattern" must be a pattern such as/);
    const red = await call('remove_background_folder', { ...given, bg_color: 'red' });
    expect(red.facts).toMatchObject({ done: 0, kept: COUNT });
    await nothingRemains(system);
  });

  it('when it cancels calls in the middle, then their jobs are cancelled at the service, and the session goes on', async () => {
    const { call } = await open();
    await whileHeld(system.workers[0]!, async () => {
      const calls: [string, object][] = [
        ['remove_background', { image_path: 'photo.jpg', output_path: 'never.png' }],
        ['remove_background_folder', { input_folder: 'in', output_folder: 'never' }],
      ];
      const leave = new AbortController();
      const running = calls.map(([name, given]) => call(name, given, { signal: leave.signal }));
      await eventually(
        () => proxy.of('POST', /jobs/).filter(({ status }) => status === 202).length > 4,
        30_000,
      );
      leave.abort(new Error('enough'));
      for (const one of running) await expect(one).rejects.toThrow('enough');
      await eventually(() => proxy.of('DELETE', /jobs|batches/).length === 2, 30_000);
    });
    expect(readdirSync(folder)).not.toContain('never.png');
    await nothingRemains(system);
    expect((await call('describe_models', {})).isError).toBeUndefined();
  });

  it('when it leaves in the middle, then the server cancels its jobs and ends', async () => {
    const { client, pid, call } = await open();
    await whileHeld(system.workers[0]!, async () => {
      const running = call('remove_background', { image_path: 'photo.jpg', output_path: 'left.png' });
      running.catch(() => undefined);
      await eventually(() => proxy.of('POST', /jobs/).some(({ status }) => status === 202), 30_000);
      await client.close();
    });
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(proxy.of('DELETE', /jobs/).map(({ status }) => status)).toEqual([204]);
    await nothingRemains(system);
  });

  it('when the client names its roots, then they are the allowed folders', async () => {
    const { call } = await open([], [at('in')]);
    expect((await call('remove_background', { image_path: '../photo.jpg' })).text).toContain(
      '(path-not-allowed)',
    );
    const given = { image_path: '5.jpg', output_path: 'deep/five.png' };
    expect((await call('remove_background', given)).facts).toMatchObject({
      output_path: at('in/deep/five.png'),
    });
    rmSync(at('in/deep/five.png'));
    const none = await open([], []);
    expect((await none.call('remove_background', given)).text).toContain('No folder is allowed');
  });

  it('when no service answers, then the server starts all the same, and calls say what to do', async () => {
    const { call } = await open(['--root', folder, '--server', 'http://127.0.0.1:9']);
    const { isError, text } = await call('remove_background', { image_path: 'photo.jpg' });
    expect([isError, text]).toEqual([
      true,
      expect.stringMatching(/^No service answers.*\(service-unreachable\)$/),
    ]);
  });

  it('when the process is killed in the middle of a folder, then the same call in a new session completes it, each once', async () => {
    const first = await open();
    const given = { input_folder: 'in', output_folder: 'twice', concurrency: 2 };
    const onprogress = ({ progress }: Progress): void => {
      if (progress >= 3) process.kill(first.pid, 'SIGKILL');
    };
    await expect(first.call('remove_background_folder', given, { onprogress })).rejects.toThrow();
    const second = await (await open()).call('remove_background_folder', given);
    const { done, skipped, kept } = second.facts as Record<string, number>;
    expect(done! + skipped! + kept!).toBe(COUNT);
    expect(skipped! + kept!).toBeGreaterThanOrEqual(3);
    const files = readdirSync(at('twice'), { recursive: true }).filter((name) =>
      String(name).endsWith('.png'),
    );
    expect(files).toHaveLength(COUNT);
    const records = ['', 'deep'].flatMap((name) =>
      readFileSync(at('twice', name, '.removebg.jsonl'), 'utf8')
        .trim()
        .split('\n'),
    );
    expect(new Set(records).size).toBe(records.length);
  });
});

describe('given the server alone', () => {
  it('when it is asked to end, or reads what is no message, then it says nothing on the standard output', async () => {
    const child = spawn(process.execPath, [PROGRAM, 'mcp', '--root', folder], { stdio: 'pipe' });
    let [out, said] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    child.stderr.on('data', (data: Buffer) => (said += data.toString()));
    child.stdin.write('a secret that is no message\n');
    await eventually(() => said.includes('not understood'));
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([143, null]);
    expect([out, said.includes('secret')]).toEqual(['', false]);
  });
});
