import { eventually } from '../harness/eventually.js';
import { useLightSystem } from '../harness/use-system.js';

const { system, api } = useLightSystem({}, 0);

jest.setTimeout(60_000);

const ready = async (): Promise<number> => (await api.call('GET', '/readyz')).status;

test('given no worker, when one comes and goes, then readiness follows and the process stays alive', async () => {
  const without = await api.call('GET', '/readyz');
  expect([without.status, without.json['code']]).toEqual([503, 'not-ready']);
  expect(without.headers.get('retry-after')).not.toBeNull();
  const worker = await system.startWorker();
  const answer = await api.call('GET', '/readyz');
  expect(answer.json).toEqual({ status: 'ready', workers: [{ model: 'isnet', provider: 'cpu', slots: 1 }] });
  worker.child.kill('SIGKILL');
  await eventually(async () => (await ready()) === 503);
  expect((await api.call('GET', '/healthz')).json).toEqual({ status: 'alive' });
});

/** Headers of a browser that opens an address. */
const BROWSER = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

test('given a browser at an address that is none, or not for it, then it gets a page; programs get JSON', async () => {
  const tries: [path: string, status: number, code: string][] = [
    ['/zebra7391', 404, 'not-found'],
    ['/problems/zebra7391', 404, 'not-found'],
    ['/v1/jobs', 405, 'method-not-allowed'],
    ['/v1/jobs/zebra7391', 404, 'job-not-found'],
  ];
  for (const [path, status, code] of tries) {
    const page = await api.call('GET', path, { headers: BROWSER });
    expect([path, page.status, page.headers.get('content-type')]).toEqual([
      path,
      status,
      'text/html; charset=utf-8',
    ]);
    expect(String(page.body)).toContain('<h1>');
    expect(String(page.body)).not.toContain('zebra7391');
    for (const headers of [{}, { Accept: 'application/json' }]) {
      const answer = await api.call('GET', path, { headers });
      expect([path, answer.status, answer.json['type']]).toEqual([path, status, `/problems/${code}`]);
    }
  }
});

test('given addresses that people type, when they are opened, then they exist and may be cached', async () => {
  for (const path of ['/problems', '/problems/missing-image', '/favicon.ico', '/.well-known/security.txt']) {
    const answer = await api.call('GET', path, { headers: BROWSER });
    expect([path, answer.status, answer.headers.get('cache-control')]).toEqual([
      path,
      200,
      expect.stringMatching(/^public, max-age=\d+$/),
    ]);
  }
  const [short, long] = [await api.call('GET', '/privacy'), await api.call('GET', '/privacy.html')];
  expect([short.status, String(short.body)]).toEqual([200, String(long.body)]);
});

test('given /docs and the page, when they are opened, then nothing comes from another origin', async () => {
  for (const path of ['/docs', '/']) {
    const answer = await api.call('GET', path);
    expect([path, answer.status]).toEqual([path, 200]);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.headers.get('content-security-policy')).toContain("connect-src 'self'");
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    const html = String(answer.body);
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(
      ([, link = '']) => new URL(link, system.url),
    );
    expect(links.map(({ origin }) => origin).filter((origin) => origin !== system.url)).toEqual([]);
    for (const link of links.filter(({ pathname }) => /\.(js|css)$/.test(pathname))) {
      expect((await api.call('GET', link.pathname)).status).toBe(200);
    }
  }
});

test('given wrong settings, when a process starts, then it exits with 78 and names keys, never values', async () => {
  const tries: [key: string, value: string][] = [
    ['PORT', '77777'],
    ['RATE_LIMIT', 'zebra7391'],
    ['RETENTION_GUARD', 'zebra7391'],
    ['API_SECRET_FILE', '/nowhere/zebra7391'],
    ['TRUST_PROXY', 'zebra7391'],
  ];
  for (const [key, value] of tries) {
    const start = system.startApi({ [key]: value });
    await expect(start).rejects.toThrow('exited with 78');
    await expect(start).rejects.toThrow(key);
    await expect(start).rejects.not.toThrow(value);
  }
  const starts = [
    system.startWorker({ MODEL: 'zebra7391' }),
    system.startApi({ MODEL: 'isnet,zebra7391' }),
    system.startWorker({ MODEL_DIR: '/nowhere/zebra7391' }),
  ];
  for (const start of starts) {
    await expect(start).rejects.toThrow(/^exited with 78[^]*MODEL/);
    await expect(start).rejects.not.toThrow('zebra7391');
  }
  await expect(system.startApi({ HOST: '0.0.0.0' })).rejects.toThrow(/exited with 78[^]*RATE_LIMIT/);
});
