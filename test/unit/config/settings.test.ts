import { readFileSync } from 'node:fs';
import { enginePlans } from '#config/engine-plan.js';
import { settingRows, settingsTable } from '#config/settings-reference.js';
import { payloadServers } from '#config/payload-servers.js';
import { loadSettings, SettingsError } from '#config/settings.js';

const message = (env: NodeJS.ProcessEnv): string => {
  try {
    loadSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  return '';
};

describe('settings', () => {
  it('given an empty environment, when settings are loaded, then every default is valid and frozen', () => {
    const settings = loadSettings({});
    expect(settings).toMatchObject({ PORT: 3000, HOST: '127.0.0.1', RATE_LIMIT: 60, PROVIDER: 'cpu' });
    expect(enginePlans(settings)).toEqual([{ provider: 'cpu', models: ['isnet'], batch: 1 }]);
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it('given wrong values, when settings are loaded, then each key is named and no value is', () => {
    const text = message({
      PORT: 'secret-port',
      WORKERS: '0',
      LOG_LEVEL: 'secret-level',
      RATE_LIMIT: 'secret-rate',
    });
    expect(text.split('\n')).toEqual([
      '4 settings are wrong:',
      '  PORT must be a whole number from 0 to 65,535.',
      '  WORKERS must be a whole number from 1 to 256.',
      '  RATE_LIMIT must be off, or a whole number from 1 to 1,000,000.',
      '  LOG_LEVEL must be one of silent, error, warn, info, debug.',
    ]);
  });

  /** Any text may be a path: what is wrong with it shows when it is opened. */
  const PATHS = [
    ...['MODEL_DIR', 'API_SECRET_FILE', 'WORKER_KEY_FILE', 'WORKER_PUBLIC_KEY_FILE', 'RECEIPT_KEY_FILE'],
    ...['KEYS_FILE', 'REDIS_PASSWORD_FILE'],
  ];
  const TEXTS = ['CONTACT_NAME', 'CONTACT_ADDRESS', 'PRIVACY_LEGAL_BASIS', 'PRIVACY_PROCESSORS'];
  const ANY = [...PATHS, ...TEXTS, 'AUDIT_REPORT_FILE'];

  it.each(settingRows().filter(({ name }) => !ANY.includes(name)))(
    'given a wrong $name, when settings are loaded, then one sentence names it and what it accepts',
    ({ name, accepts }) => {
      const text = message({ [name]: 'secret 7391' });
      const all = accepts.replaceAll('`', '');
      // Text of any kind is no help: `.meta({ accepts })` of the schema says which.
      expect(accepts).not.toBe('text');
      expect(text).toMatch(new RegExp(`^${name} must be [^\n]+\\.$`));
      expect(text.replace('a whole number from ', '')).toContain(all);
      expect(text).not.toContain('secret');
    },
  );

  it.each([
    ...['hello', 'localhost:6379', 'http://127.0.0.1', 'redis:', 'redis://', 'redis://h:0x', 'redis://h/1'],
    ...['unix://', 'unix://tmp', 'redis://h:70000'],
  ])('given REDIS_URL=%s, when settings are loaded, then it is refused', (REDIS_URL) => {
    expect(message({ REDIS_URL })).toMatch(/^REDIS_URL must be redis:\/\/HOST:PORT, /);
  });

  it.each([
    ...['redis://127.0.0.1:6379', 'redis://user:word@[::1]:6379/0', 'rediss://redis.example.org'],
    ...['unix:///run/redis.sock?user=api&password=word', 'redis://queue/'],
  ])('given REDIS_URL=%s, when settings are loaded, then it is taken', (REDIS_URL) => {
    expect(message({ REDIS_URL })).toBe('');
  });

  it('given more workers without work than workers, when settings are loaded, then they are refused', () => {
    expect(message({ MIN_WORKERS: '3', WORKERS: '2' })).toBe('MIN_WORKERS must be at most WORKERS.');
    expect(message({ MIN_WORKERS: '0', WORKERS: '2' })).toBe('');
    expect(message({ MIN_WORKERS: '3' })).toBe('');
  });

  it('given hosts, when they are neither addresses nor names, then they are refused', () => {
    for (const HOST of ['http://localhost', '[::1]', '4000', '999.1.1.1', 'a b', '-a', 'a..b'])
      expect(message({ HOST })).toBe('HOST must be an IP address or a host name.');
    for (const METRICS_HOST of ['127.0.0.1', '::1', 'localhost']) expect(message({ METRICS_HOST })).toBe('');
    expect(message({ HOST: 'api_1.internal.example' })).toBe('');
  });

  it('given facts about the operator, when they are long or not on one line, then they are refused', () => {
    expect(message({ CONTACT_NAME: 'Cutouts <Ltd> & Söhne, ঢাকা' })).toBe('');
    for (const CONTACT_NAME of ['x'.repeat(201), 'a\nb', 'a\0b'])
      expect(message({ CONTACT_NAME })).toBe('CONTACT_NAME must be one line of text, up to 200 characters.');
    for (const CONTACT_EMAIL of ['a@b', 'mailto:a@b.example', 'a@b.example, c@d.example', '"><b>@b.example'])
      expect(message({ CONTACT_EMAIL })).toBe('CONTACT_EMAIL must be an email address.');
    for (const CONTACT_PRIVACY of ['javascript:alert(1)', 'http://a.example', 'a@b.example'])
      expect(message({ CONTACT_PRIVACY })).toBe('CONTACT_PRIVACY must be https://…, mailto:… or tel:….');
    expect(message({ CONTACT_PRIVACY: 'mailto:privacy@cut.example', CONTACT_EMAIL: 'a@cut.example' })).toBe(
      '',
    );
  });

  it('given space around values, when settings are loaded, then it is dropped, and nothing but space is unset', () => {
    expect(loadSettings({ PORT: ' 4000\r', LAYOUT: '  ' })).toMatchObject({ PORT: 4000, LAYOUT: 'auto' });
  });

  it('given a wrong setting and others that contradict each other, when loaded, then all are told, none twice', () => {
    const text = message({
      PORT: 'x',
      PROVIDER: 'abacus',
      REQUIRE_ACCELERATOR: 'true',
      METRICS_HOST: '10.0.0.1',
    });
    expect(text.split('\n').map((line) => line.trim().split(' ')[0])).toEqual([
      '3',
      'PORT',
      'PROVIDER',
      'METRICS_HOST',
    ]);
  });

  it('given RATE_LIMIT=off, when HOST is not a loopback address, then it is refused', () => {
    expect(message({ RATE_LIMIT: 'off', HOST: '0.0.0.0' })).toContain('RATE_LIMIT');
    for (const HOST of ['127.0.0.1', 'localhost', '::1']) {
      expect(loadSettings({ RATE_LIMIT: 'off', HOST }).RATE_LIMIT).toBe(0);
    }
  });

  it('given formats, when one is not known, then it is refused with those that are', () => {
    expect(loadSettings({ INPUT_FORMATS: 'jpeg, PNG,jpeg' }).INPUT_FORMATS).toEqual(['jpeg', 'png']);
    expect(loadSettings({}).INPUT_FORMATS).toEqual(['jpeg', 'png', 'webp', 'gif', 'bmp', 'avif', 'tiff']);
    for (const INPUT_FORMATS of ['jpeg,heic', 'jpeg,', ',', 'all']) {
      expect(message({ INPUT_FORMATS })).toContain(
        'INPUT_FORMATS must be one or more of jpeg, png, webp, gif, bmp, avif, tiff',
      );
    }
  });

  it('given TRUST_PROXY, when it is anything but addresses and CIDRs, then it is refused', () => {
    for (const TRUST_PROXY of ['true', '1', 'loopback', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.1,']) {
      expect(message({ TRUST_PROXY })).toContain('TRUST_PROXY');
    }
    expect(message({ TRUST_PROXY: '10.0.0.1, fd00::/8' })).toBe('');
  });

  it('given addresses of telemetry, when others can reach them, then they are refused until that is asked for', () => {
    for (const wish of [{ METRICS_HOST: '0.0.0.0' }, { OTLP_URL: 'http://10.0.0.7:4318' }]) {
      expect(message(wish)).toContain('TELEMETRY_ON_NETWORK');
      expect(message({ ...wish, TELEMETRY_ON_NETWORK: 'true' })).toBe('');
    }
    for (const OTLP_URL of ['http://127.0.0.1:4318', 'http://[::1]:4318', 'unix:///run/otel/otlp.sock']) {
      expect(message({ OTLP_URL })).toBe('');
    }
    for (const OTLP_URL of ['https://example.org', 'http://secret@localhost', 'http://', 'localhost:4318']) {
      expect(message({ OTLP_URL })).toContain('OTLP_URL');
      expect(message({ OTLP_URL })).not.toContain('secret');
    }
  });

  it('given payload servers, when they are read, then names are kept, or follow from the address alone', () => {
    const read = (text: string) => loadSettings({ PAYLOAD_REDIS_URLS: text }).PAYLOAD_REDIS_URLS;
    expect(read('a=unix:///run/a.sock, b=rediss://:secret@10.0.0.2:6379')).toEqual([
      { name: 'a', url: 'unix:///run/a.sock' },
      { name: 'b', url: 'rediss://:secret@10.0.0.2:6379' },
    ]);
    const [first, second] = read('redis://10.0.0.1,redis://10.0.0.2') ?? [];
    const [again] = read('redis://:other@10.0.0.2,redis://10.0.0.1') ?? [];
    expect(first?.name).not.toBe(second?.name);
    expect(again?.name).toBe(second?.name);
  });

  it.each([
    'a=redis://10.0.0.1,a=redis://10.0.0.2',
    'redis://10.0.0.1,redis://10.0.0.1',
    'A_B=redis://10.0.0.1',
    'a=http://10.0.0.1',
    'a=secret-word',
    'a=redis://10.0.0.1,',
  ])('given payload servers %s, when they are read, then they are refused without being repeated', (text) => {
    const said = message({ PAYLOAD_REDIS_URLS: text });
    expect(said).toContain('PAYLOAD_REDIS_URLS');
    expect(said).not.toContain('10.0.0.1');
    expect(said).not.toContain('secret');
  });

  it('given a shard to drain, when no payload server has that name, then it is refused', () => {
    const PAYLOAD_REDIS_URLS = 'a=redis://10.0.0.1,b=redis://10.0.0.2';
    expect(message({ PAYLOAD_REDIS_URLS, PAYLOAD_DRAIN: 'a,c' })).toContain('PAYLOAD_DRAIN');
    expect(payloadServers(loadSettings({ PAYLOAD_REDIS_URLS, PAYLOAD_DRAIN: 'b' }))).toMatchObject([
      { name: 'a', draining: false },
      { name: 'b', draining: true },
    ]);
  });

  it('given the README, when its settings table is read, then each setting exists and has that default', () => {
    const rows = [...readFileSync('README.md', 'utf8').matchAll(/^\| `([A-Z_]+)` +\| ([^|]+) \|/gm)];
    const fallbacks = new Map(settingRows().map(({ name, fallback }) => [name, fallback]));
    expect(rows.length).toBeGreaterThan(5);
    for (const [, name = '', cell = ''] of rows) {
      const fallback = fallbacks.get(name)?.replaceAll('`', '');
      expect([name, cell.replaceAll('`', '').trim()]).toEqual([name, fallback]);
    }
  });

  it('given the configuration reference, when the schema is printed, then the page holds just that table', () => {
    const page = readFileSync('docs/reference/configuration.md', 'utf8');
    const table = page.split('\n').filter((line) => line.startsWith('|'));
    expect(table.join('\n')).toBe(settingsTable());
    const described = settingRows().filter(
      ({ meaning, accepts }) => meaning === '' || accepts.includes('NaN'),
    );
    expect(described).toEqual([]);
  });
});
