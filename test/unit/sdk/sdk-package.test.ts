import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { blocksOf, classOf, docPages, pastedText, type DocBlock } from '../../harness/doc-blocks.js';

const PACKAGE = 'dist/client-package';
const TARBALL = 'dist/removebg-bd-client-0.1.0.tgz';
const MAX_BROWSER_BYTES = 15_000;
const TSC = resolve('node_modules/typescript/bin/tsc');

interface TypeProblem {
  kind: string;
  resolutionKind?: string;
}

/** Types of the wire, by the contract that they come from. */
const WIRE: Readonly<Record<string, string[]>> = {
  'job-options': ['JobOptions'],
  'job-view': ['JobAccepted', 'JobView', 'ResultFacts'],
  'job-events': ['JobEvents'],
  'job-states': ['Stage'],
  'batch-view': ['BatchCreated', 'BatchJob', 'BatchView'],
  'receipt-claims': ['ReceiptClaims', 'ReceiptKeySet'],
  'problem-catalog': ['ProblemCode'],
};

let project: string;

jest.setTimeout(240_000);
beforeAll(() => {
  const made = spawnSync(process.execPath, ['tools/bootstrap.mjs', 'client:pack'], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stdout + made.stderr);
  // A project of somebody else, with what npm would unpack into it and nothing more.
  project = mkdtempSync(join(tmpdir(), 'removebg-consumer-'));
  const home = join(project, 'node_modules', '@removebg-bd', 'client');
  mkdirSync(home, { recursive: true });
  execFileSync('tar', ['-xzf', resolve(TARBALL), '--strip-components=1', '-C', home]);
  mkdirSync(join(project, 'node_modules', '@types'));
  symlinkSync(resolve('node_modules/@types/node'), join(project, 'node_modules/@types/node'));
  for (const name of ['undici-types', 'jose']) {
    symlinkSync(resolve('node_modules', name), join(project, 'node_modules', name));
  }
  cpSync('test/harness/consumer.ts.txt', join(project, 'consumer.mts'));
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

/** The program in a block: the block itself, or the module in a page. */
function codeOf(block: DocBlock, pasted: string): string | undefined {
  if (classOf(block) === 'code') return pasted;
  const script = /<script type="module">([^]*?)<\/script>/.exec(block.text)?.[1];
  // In a page the file lies beside it; here it is what the package has under that name.
  return script?.replaceAll("'./browser.min.js'", "'@removebg-bd/client/browser'");
}

const inProject = (args: string[]) => spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8' });

describe('given the npm package of the SDK', () => {
  it('when publint and are-the-types-wrong check it, then they find nothing', () => {
    const said = execFileSync(process.execPath, ['test/harness/package-check.mjs', PACKAGE, TARBALL], {
      encoding: 'utf8',
    });
    const { publint, types } = JSON.parse(said) as { publint: unknown[]; types: TypeProblem[] };
    expect(publint).toEqual([]);
    // There is no CommonJS form: `require` of an ES module works from Node 20.19 on. "node10" is how compilers looked
    // for modules before packages had exports.
    const isMeant = ({ kind, resolutionKind }: TypeProblem): boolean =>
      kind === 'CJSResolvesToESM' || resolutionKind === 'node10';
    expect(types.filter((problem) => !isMeant(problem))).toEqual([]);
  });

  it.each([
    ['NodeNext', ['--module', 'nodenext', '--lib', 'es2023,dom']],
    ['Node without a page', ['--module', 'nodenext', '--lib', 'es2023', '--types', 'node', '--skipLibCheck']],
    [
      'a bundler',
      ['--module', 'esnext', '--moduleResolution', 'bundler', '--lib', 'es2023,dom,dom.iterable'],
    ],
  ])('when a project compiles against it for %s, then its types are complete and strict', (_, options) => {
    const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--noEmit'];
    const compiled = inProject([TSC, ...strict, ...options, 'consumer.mts']);
    expect(compiled.stdout).toBe('');
    expect(compiled.status).toBe(0);
  });

  it('when the examples of the documentation are pasted, then each compiles in strict TypeScript', () => {
    const places: string[] = [];
    for (const page of docPages()) {
      const blocks = blocksOf(page);
      for (const [index, block] of blocks.entries()) {
        const code = codeOf(block, pastedText(blocks, index));
        if (code === undefined) continue;
        places.push(`example-${places.length}.mts  ${page}:${block.line}`);
        // What declares nothing to others is a module all the same: names of one example are not seen in the next.
        writeFileSync(join(project, `example-${places.length - 1}.mts`), `${code}\nexport {};\n`);
      }
    }
    expect(places.length).toBeGreaterThan(8);
    const files = places.map((_, index) => `example-${index}.mts`);
    const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--noEmit'];
    const options = [
      '--module',
      'nodenext',
      '--lib',
      'es2023,dom,dom.iterable',
      '--types',
      'node',
      '--skipLibCheck',
    ];
    const { stdout } = inProject([TSC, ...strict, ...options, ...files]);
    expect([stdout, stdout === '' ? [] : places]).toEqual(['', []]);
  });

  it('when its wire types are compared with those of the service, then they are compatible', () => {
    const folder = '.cache/wire-types';
    const lines = Object.entries(WIRE).flatMap(([file, names]) =>
      names.map(
        (name) => `import type { ${name} } from '#contracts/${file}.js';
export const packed${name}: Packed.${name} = undefined as unknown as ${name};`,
      ),
    );
    lines.push(
      "import type * as Packed from '../../dist/client-package/index.js';",
      'export const options: JobOptions = undefined as unknown as Packed.JobOptions;',
      'export const code: ProblemCode = undefined as unknown as Packed.ProblemCode;',
    );
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'check.ts'), lines.join('\n'));
    const options = ['--module', 'nodenext', '--customConditions', 'removebg-source', '--lib', 'es2023,dom'];
    const args = [
      TSC,
      '--ignoreConfig',
      '--strict',
      '--noEmit',
      '--skipLibCheck',
      ...options,
      '--types',
      'node',
    ];
    const compiled = spawnSync(process.execPath, [...args, join(folder, 'check.ts')], { encoding: 'utf8' });
    expect(compiled.stdout).toBe('');
  });

  it('when Node loads it by import and by require, then it works without dependencies', () => {
    const script = `
      const { RemoveBg } = await import('@removebg-bd/client');
      const { createRequire } = await import('node:module');
      const again = createRequire(process.cwd() + '/x.js')('@removebg-bd/client');
      console.log(typeof new RemoveBg({ baseUrl: 'http://a' }).remove, again.RemoveBg === RemoveBg);`;
    const { stdout, stderr } = inProject(['--no-warnings', '--input-type=module', '-e', script]);
    expect([stdout.trim(), stderr]).toEqual(['function true', '']);
  });

  it('when its command is called, then it runs on its own', () => {
    const cli = join('node_modules', '@removebg-bd', 'client', 'cli.js');
    expect(statSync(join(project, cli)).mode & 0o111).toBe(0o111);
    expect(inProject([cli, '--version']).stdout).toBe('0.1.0\n');
    expect(inProject([cli, '--help']).stdout).toContain('--crop-margin');
    expect(inProject([cli, 'no-such.jpg']).status).toBe(2);
  });

  it('when its MCP server is started, then it lists its tools, and other commands do not load it', () => {
    const client = join('node_modules', '@removebg-bd', 'client');
    const info = {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'test', version: '1' },
    };
    const messages = [
      { jsonrpc: '2.0', id: 1, method: 'initialize', params: info },
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { jsonrpc: '2.0', id: 2, method: 'tools/list' },
    ];
    const input = messages.map((message) => `${JSON.stringify(message)}\n`).join('');
    const start = { cwd: project, encoding: 'utf8', input } as const;
    const { status, stdout } = spawnSync(process.execPath, [join(client, 'cli.js'), 'mcp'], start);
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect([status, answers]).toEqual([
      0,
      [
        expect.objectContaining({ id: 1 }),
        expect.objectContaining({
          id: 2,
          result: {
            tools: expect.arrayContaining([expect.objectContaining({ name: 'verify_receipt' })]) as unknown,
          },
        }),
      ],
    ]);
    expect(readFileSync(join(project, client, 'cli.js'), 'utf8')).not.toMatch(/from ['"]\.\/mcp\.js/);
    const licenses = readFileSync(join(project, client, 'THIRD-PARTY.txt'), 'utf8');
    for (const name of ['@modelcontextprotocol/sdk', 'ajv', 'fast-uri', 'zod'])
      expect(licenses).toContain(`\n${name}\n`);
  });

  it('when the browser build is inspected, then it is small and has no imports of Node or other packages', () => {
    const text = readFileSync(join(PACKAGE, 'browser.min.js'), 'utf8');
    expect(gzipSync(text).length).toBeLessThan(MAX_BROWSER_BYTES);
    expect(text).not.toMatch(/\b(?:require\(|from\s*["']|import\()/);
    // What Node offers is asked for at run time, and may be missing.
    const inPage = `
      for (const name of ['process', 'Buffer', 'setImmediate']) delete globalThis[name];
      const { CutoutImage, RemoveBg } = await import('@removebg-bd/client/browser');
      const said = (error) => console.log(error.message);
      await new CutoutImage(new Blob(['x'])).saveTo('x.png').catch(said);
      try { new RemoveBg(); } catch (error) { said(error); }
      globalThis.location = { origin: 'https://example.org' };
      console.log(new RemoveBg().jobs.submission('image/png').url);`;
    const { stdout } = inProject(['--input-type=module', '-e', inPage]);
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringContaining('createObjectURL'),
      expect.stringContaining('The address of the service is missing'),
      'https://example.org/v1/jobs',
    ]);
  });
});
