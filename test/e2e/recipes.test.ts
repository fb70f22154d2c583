import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compileFunction } from 'node:vm';
import sharp from 'sharp';
import { smallPhoto } from '../harness/small-photo.js';
import { nothingRemains } from '../harness/traces.js';
import { useLightSystem } from '../harness/use-system.js';

const EXAMPLES = resolve('docs/examples');
const GIMP = join(EXAMPLES, 'gimp/removebg-bd/removebg-bd.py');
const COMFYUI = join(EXAMPLES, 'comfyui/removebg_bd.py');

const { system } = useLightSystem();
let folder: string;

jest.setTimeout(120_000);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'recipes-'));
  writeFileSync(join(folder, 'photo.jpg'), smallPhoto());
  writeFileSync(join(folder, 'text.jpg'), 'no image');
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => nothingRemains(system));

interface Answer {
  status: number;
  type: string;
  body: Buffer;
}

/** A request with exactly these headers and bytes. */
async function send(url: string, headers: Record<string, string>, body: Buffer): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((done, failed) => {
    request(url, { method: 'POST', headers: { ...headers, 'Content-Length': String(body.length) } }, done)
      .on('error', failed)
      .end(body);
  });
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  const { statusCode = 0, headers: received } = response;
  return { status: statusCode, type: received['content-type'] ?? '', body: Buffer.concat(pieces) };
}

interface Part {
  name: string;
  value: Buffer | string;
  fileName?: string;
  type?: string;
}

const BOUNDARY = '--------------------------839201745562093817204556';

/** A form as the npm package `form-data` writes it, which n8n uses. */
function formData(parts: readonly Part[]): Buffer {
  const written = parts.flatMap(({ name, value, fileName, type }) => [
    Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"` +
        (fileName === undefined ? '' : `; filename="${fileName}"`) +
        (type === undefined ? '' : `\r\nContent-Type: ${type}`) +
        '\r\n\r\n',
    ),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...written, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

const MULTIPART = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };

async function expectCutout(result: Buffer): Promise<void> {
  const { format, width, height, channels } = await sharp(result).metadata();
  const photo = await sharp(smallPhoto()).metadata();
  expect({ format, width, height, channels }).toEqual({
    ...{ format: 'png', channels: 4 },
    ...{ width: photo.width, height: photo.height },
  });
  const { channels: found } = await sharp(result).stats();
  expect(found[3]?.min).toBeLessThan(255);
}

/** What the n8n workflow sends; see `HttpRequestV3.node.ts` of n8n. */
interface N8nWorkflow {
  nodes: {
    name: string;
    type: string;
    parameters: {
      method: string;
      url: string;
      bodyParameters: {
        parameters: { parameterType: string; name: string; value?: string; inputDataFieldName?: string }[];
      };
      formFields: { values: { fieldLabel: string }[] };
    };
  }[];
  connections: Record<string, { main: { node: string }[][] }>;
}

describe('no-code tools', () => {
  test('given the n8n workflow, when its request is sent as n8n sends it, then the answer is the cut-out', async () => {
    const file = readFileSync(join(EXAMPLES, 'n8n/remove-background.json'), 'utf8');
    const { nodes, connections } = JSON.parse(file) as N8nWorkflow;
    const [form, call] = [nodes[0]!, nodes[1]!];
    expect(connections[form.name]?.main[0]?.[0]?.node).toBe(call.name);
    const parts = call.parameters.bodyParameters.parameters.map((parameter): Part => {
      if (parameter.parameterType === 'formData')
        return { name: parameter.name, value: parameter.value ?? '' };
      // The form stores a file under the label of its field.
      expect(form.parameters.formFields.values.map(({ fieldLabel }) => fieldLabel)).toContain(
        parameter.inputDataFieldName,
      );
      return { name: parameter.name, value: smallPhoto(), fileName: 'photo.jpg', type: 'image/jpeg' };
    });
    const url = call.parameters.url.replace('http://localhost:3000', system.url);
    const headers = {
      accept:
        'application/json,text/html,application/xhtml+xml,application/xml,text/*;q=0.9, image/*;q=0.8, */*;q=0.7',
      'accept-encoding': 'gzip, compress, deflate, br',
      'user-agent': 'axios/1.12.0',
    };
    const answer = await send(url, { ...headers, ...MULTIPART }, formData(parts));
    expect([answer.status, answer.type]).toEqual([200, 'image/png']);
    await expectCutout(answer.body);
    const refused = await send(
      url,
      { ...headers, ...MULTIPART },
      formData([{ name: 'image', value: 'no image', fileName: 'a.txt', type: 'text/plain' }]),
    );
    expect([refused.status, refused.type]).toEqual([415, 'application/problem+json; charset=utf-8']);
  });

  test('given the fields of a Make module, when they are sent without Accept, then the answer is the cut-out', async () => {
    const parts = [
      { name: 'image', value: smallPhoto(), fileName: 'photo.jpg', type: 'image/jpeg' },
      { name: 'format', value: 'png' },
    ];
    const answer = await send(`${system.url}/api/remove-bg`, MULTIPART, formData(parts));
    expect([answer.status, answer.type]).toEqual([200, 'image/png']);
    await expectCutout(answer.body);
  });

  test('given the Zapier code, when it is run as a step, then the storage has the cut-out', async () => {
    const code = readFileSync(join(EXAMPLES, 'zapier/remove-background.js'), 'utf8');
    const step = compileFunction(`return (async () => { let output; ${code}\nreturn output; })();`, [
      'inputData',
    ]) as (input: Record<string, string>) => Promise<unknown>;
    const stored: Buffer[] = [];
    const storage = createServer((incoming, response) => {
      if (incoming.method === 'GET') return response.end(smallPhoto());
      return incoming.on('data', (piece: Buffer) => stored.push(piece)).on('end', () => response.end());
    });
    await new Promise<void>((done) => storage.listen(0, '127.0.0.1', done));
    try {
      const at = `http://127.0.0.1:${(storage.address() as AddressInfo).port}`;
      const input = { photo: `${at}/photo.jpg`, server: system.url, target: `${at}/cutout.png` };
      expect(await step({ ...input, address: 'https://shop.example/cutout.png' })).toEqual({
        address: 'https://shop.example/cutout.png',
      });
      await expectCutout(Buffer.concat(stored));
    } finally {
      storage.closeAllConnections();
      storage.close();
    }
  });
});

const isThere = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

/** Runs `cut_out` of a plug-in. Modules of the application it belongs to are stood in for. */
function cutOut(plugin: string, photo: string): SpawnSyncReturns<string> {
  const program = `
import importlib.util, sys
from unittest.mock import MagicMock
for name in ("numpy", "torch", "PIL"): sys.modules.setdefault(name, MagicMock())
sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("plugin", sys.argv[1])
plugin = importlib.util.module_from_spec(spec)
spec.loader.exec_module(plugin)
result = plugin.cut_out(open(sys.argv[2], "rb").read(), sys.argv[3], format="png")
open(sys.argv[4], "wb").write(result)
`;
  const args = ['-c', program, plugin, join(folder, photo), `${system.url}/`, join(folder, 'result.png')];
  return spawnSync('python3', args, { encoding: 'utf8' });
}

describe('editors', () => {
  test.each([
    ['GIMP', GIMP],
    ['ComfyUI', COMFYUI],
  ])('given the plug-in for %s, when it sends a photo, then it has the cut-out', async (_name, plugin) => {
    const { status, stderr } = cutOut(plugin, 'photo.jpg');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    await expectCutout(readFileSync(join(folder, 'result.png')));
    expect(cutOut(plugin, 'text.jpg').stderr).toMatch(/RuntimeError: \w[^{]+$/);
  });

  test('given both plug-ins, when their requests are compared, then they are the same code', () => {
    const [gimp, comfyui] = [GIMP, COMFYUI].map(
      (file) => /\ndef cut_out\([^]*?\n\n\n/.exec(readFileSync(file, 'utf8'))?.[0],
    );
    expect(gimp).toBe(comfyui);
  });

  (isThere('php') ? test : test.skip)(
    'given the WordPress plug-in, when an image is cut out, then the result is a new one of the library',
    async () => {
      const run = (photo: string): string => {
        const files = ['test/harness/wordpress.php', 'docs/examples/wordpress/removebg-bd.php'].map((file) =>
          resolve(file),
        );
        const library = mkdtempSync(join(folder, 'library-'));
        const args = [...files, system.url, join(folder, photo), library];
        const { stdout, stderr } = spawnSync('php', args, { encoding: 'utf8' });
        expect(stderr).toBe('');
        return `${library}\n${stdout}`;
      };
      const [library = '', ...lines] = run('photo.jpg').trimEnd().split('\n');
      expect(lines).toEqual(['attachment 8', 'media_row_actions admin_post_removebg_bd']);
      await expectCutout(readFileSync(join(library, 'photo-cutout.png')));
      expect(run('text.jpg').split('\n')[1]).toMatch(/^[a-z-]+: [A-Z]/);
    },
  );
});
