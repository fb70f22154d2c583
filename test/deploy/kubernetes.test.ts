import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { parseAllDocuments } from 'yaml';
import { readWorkerKeys, readWorkerPublicKey } from '#auth/secret-file.js';
import { loadSettings } from '#config/settings.js';
import { isForeign, typeFaults } from '../harness/kube-types.js';
import { containersOf, renderOverlay, type KubeObject } from '../harness/kustomize.js';

const OVERLAYS = { small: 0, production: 3 };
let folder: string;
const rendered: Record<string, KubeObject[]> = {};

beforeAll(() => {
  // kustomize takes files from below its own folder: a copy of what it reads, with secrets drawn for it.
  folder = mkdtempSync(join(tmpdir(), 'kube-'));
  cpSync('deploy/kubernetes', join(folder, 'deploy/kubernetes'), { recursive: true });
  cpSync('deploy/secrets.sh', join(folder, 'deploy/secrets.sh'));
  cpSync('redis.conf', join(folder, 'redis.conf'));
  for (const [name, shards] of Object.entries(OVERLAYS)) {
    const overlay = join(folder, 'deploy/kubernetes/overlays', name);
    execFileSync(join(folder, 'deploy/kubernetes/secrets.sh'), [overlay, String(shards)]);
    rendered[name] = renderOverlay(overlay);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const all = (): KubeObject[] => Object.values(rendered).flat();
const workloads = (): KubeObject[] => all().filter((object) => containersOf(object).length > 0);
const nameOf = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.name}`;
const named = (objects: KubeObject[], name: string): KubeObject =>
  objects.find((object) => nameOf(object) === name)!;

test('given the overlays, when they are rendered, then every object is one of the Kubernetes API', () => {
  const own = all().filter((object) => !isForeign(object));
  expect(own.length).toBeGreaterThan(50);
  expect(typeFaults(own)).toEqual([]);
  // It can say no.
  const broken = structuredClone(named(rendered['small']!, 'Deployment removebg-api'));
  containersOf(broken)[0]!['securityContxt'] = {};
  expect(typeFaults([broken])).toEqual([expect.stringContaining('securityContxt')]);
}, 60_000);

test('given the overlays, when kubectl is here, then it renders the same', () => {
  const byName = (objects: KubeObject[]): Record<string, KubeObject> =>
    Object.fromEntries(objects.map((object) => [nameOf(object), object]));
  /** kubectl breaks long lines of a Secret. */
  const unbroken = (object: KubeObject): KubeObject => {
    if (object.kind !== 'Secret') return object;
    const data = Object.entries(object['data'] as Record<string, string>);
    return {
      ...object,
      data: Object.fromEntries(data.map(([key, text]) => [key, text.replaceAll(/\s/g, '')])),
    };
  };
  for (const name of Object.keys(OVERLAYS)) {
    const overlay = join(folder, 'deploy/kubernetes/overlays', name);
    const { error, status, stdout, stderr } = spawnSync('kubectl', ['kustomize', overlay], {
      encoding: 'utf8',
    });
    // Only the comparison needs it; everything else here is held without.
    if (error !== undefined) expect(error).toMatchObject({ code: 'ENOENT' });
    else {
      expect([status, stderr]).toEqual([0, '']);
      const theirs = parseAllDocuments(stdout).map((document) => unbroken(document.toJS() as KubeObject));
      expect(byName(rendered[name]!)).toEqual(byName(theirs));
    }
  }
});

test('given all workloads, when they are read, then each meets the restricted standard for pods and more', () => {
  expect(new Set(workloads().map(nameOf))).toEqual(
    new Set([
      ...['Deployment removebg-api', 'Deployment removebg-edge', 'Deployment removebg-worker'],
      ...['Deployment removebg-worker-gpu', 'Deployment removebg-control', 'StatefulSet removebg-payload'],
    ]),
  );
  for (const object of workloads()) {
    const { template } = object['spec'] as { template: { spec: Record<string, unknown> } };
    expect(template.spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
    });
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC', 'initContainers'])
      expect(template.spec).not.toHaveProperty(field);
    for (const container of containersOf(object)) {
      expect(container).toMatchObject({
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        resources: {
          requests: { memory: expect.any(String) as string },
          limits: { memory: expect.any(String) as string },
        },
        livenessProbe: expect.any(Object) as object,
      });
      // The image's entry point sets the limits on files and core dumps: Kubernetes cannot.
      expect(container).not.toHaveProperty('command');
      expect(container.image).toMatch(/^registry\.example\.com\/removebg-bd\/[a-z-]+:\d/);
    }
    const volumes = (template.spec['volumes'] ?? []) as Record<string, unknown>[];
    for (const { name, ...source } of volumes) {
      expect([name, ['secret', 'configMap', 'emptyDir'].includes(Object.keys(source)[0]!)]).toEqual([
        name,
        true,
      ]);
      if ('emptyDir' in source) expect(source['emptyDir']).toEqual({ medium: 'Memory', sizeLimit: '64Ki' });
    }
  }
  expect(named(rendered['production']!, 'Namespace removebg').metadata.labels).toMatchObject({
    'pod-security.kubernetes.io/enforce': 'restricted',
  });
});

/** Who may speak with whom, by component, as the policies say it. */
function mayReach(objects: KubeObject[]): string[] {
  const valuesIn = (selector: unknown): string[] =>
    ((selector as { matchExpressions?: { values: string[] }[] } | undefined)?.matchExpressions ?? []).flatMap(
      ({ values }) => values,
    );
  const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy');
  return policies.flatMap(({ spec }) => {
    const { podSelector, egress = [] } = spec as {
      podSelector: unknown;
      egress?: { to: { podSelector: unknown }[] }[];
    };
    const targets = egress.flatMap(({ to }) => to.flatMap(({ podSelector: target }) => valuesIn(target)));
    return valuesIn(podSelector).flatMap((from) => targets.map((to) => `${from} -> ${to}`));
  });
}

test('given the network policies, when they are read, then only the path of an image is allowed', () => {
  const objects = rendered['production']!;
  expect(named(objects, 'NetworkPolicy default-deny')['spec']).toEqual({
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
  });
  expect(mayReach(objects).sort()).toEqual(['api -> redis', 'edge -> api', 'worker -> redis']);
  // Each workload is of a component that a policy speaks of.
  const components = workloads().map(({ metadata }) => metadata.labels?.['app.kubernetes.io/component']);
  expect([...new Set(components)].sort()).toEqual(['api', 'edge', 'redis', 'worker']);
});

test('given each workload, when nodes are drained, then a budget says how many may go', () => {
  for (const objects of Object.values(rendered)) {
    const budgets = objects
      .filter(({ kind }) => kind === 'PodDisruptionBudget')
      .map(({ metadata }) => metadata.name);
    const made = objects
      .filter((object) => containersOf(object).length > 0)
      .map(({ metadata }) => metadata.name);
    expect(budgets.sort()).toEqual(made.sort());
  }
});

/** What KEDA's description of a ScaledObject (keda.sh/v1alpha1) wants, as far as this one uses it. */
const SCALED_OBJECT = {
  type: 'object',
  required: ['scaleTargetRef', 'triggers'],
  additionalProperties: false,
  properties: {
    scaleTargetRef: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
    ...Object.fromEntries(
      ['maxReplicaCount', 'pollingInterval', 'cooldownPeriod'].map((name) => [
        name,
        { type: 'integer', minimum: 1 },
      ]),
    ),
    minReplicaCount: { type: 'integer', minimum: 0 },
    fallback: { type: 'object', required: ['failureThreshold', 'replicas'] },
    advanced: { type: 'object' },
    triggers: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['type', 'metadata'],
        properties: {
          metricType: { enum: ['AverageValue', 'Value', 'Utilization'] },
          // Every value is a text, numbers too.
          metadata: {
            type: 'object',
            required: ['serverAddress', 'query', 'threshold'],
            additionalProperties: { type: 'string' },
          },
        },
      },
    },
  },
};

test('given the scaling, when it is read, then it follows the work in flight of a workload that has no count of its own', () => {
  const validate = new Ajv({ strict: false }).compile(SCALED_OBJECT);
  for (const kind of ['cpu', 'gpu']) {
    const [object] = renderOverlay(join(folder, 'deploy/kubernetes/scaling', kind));
    expect([validate(object!['spec']), validate.errors]).toEqual([true, null]);
    expect(JSON.stringify(object)).toContain('"query":"max(removebg_jobs_in_flight)"');
  }
  const scaled = rendered['production']!.filter(isForeign).map(({ metadata }) => metadata.name);
  expect(scaled).toEqual(['removebg-worker-gpu']);
  const gpu = named(rendered['production']!, 'Deployment removebg-worker-gpu')['spec'] as Record<
    string,
    unknown
  >;
  expect(gpu).not.toHaveProperty('replicas');
  expect(gpu['template']).toMatchObject({ spec: { nodeSelector: { 'nvidia.com/gpu.present': 'true' } } });
  expect(containersOf(named(rendered['production']!, 'Deployment removebg-worker-gpu'))[0]).toMatchObject({
    resources: { limits: { 'nvidia.com/gpu': '1' } },
  });
});

test('given the scaling to zero, when it is read, then no worker runs without work, and none stops during a job', () => {
  const validate = new Ajv({ strict: false }).compile(SCALED_OBJECT);
  const { JOB_DEADLINE_S, SHUTDOWN_S } = loadSettings({});
  for (const kind of ['cpu', 'gpu']) {
    const [object] = renderOverlay(join(folder, 'deploy/kubernetes/scaling/zero', kind));
    expect([validate(object!['spec']), validate.errors]).toEqual([true, null]);
    const { cooldownPeriod, ...spec } = object!['spec'] as { cooldownPeriod: number };
    expect(spec).toMatchObject({
      minReplicaCount: 0,
      fallback: { failureThreshold: 3 },
      triggers: [
        {
          metadata: {
            query: 'max(removebg_queue_depth + removebg_jobs_running)',
            activationThreshold: '0',
            ignoreNullValues: 'false',
          },
        },
      ],
    });
    expect(cooldownPeriod).toBeGreaterThan(JOB_DEADLINE_S);
  }
  for (const name of ['removebg-worker', 'removebg-worker-gpu']) {
    const { template } = named(rendered['production']!, `Deployment ${name}`)['spec'] as {
      template: { spec: { terminationGracePeriodSeconds: number } };
    };
    expect(template.spec.terminationGracePeriodSeconds).toBeGreaterThan(SHUTDOWN_S);
  }
});

test('given the secrets of an overlay, when they are drawn, then every address has its password and Redis its hash alone', () => {
  const secrets = join(folder, 'deploy/kubernetes/overlays/production/secrets');
  const addresses = readFileSync(join(secrets, 'addresses.env'), 'utf8');
  const passwords = [
    ...new Set([...addresses.matchAll(/redis:\/\/\w+:([0-9a-f]{64})@/g)].map(([, password]) => password!)),
  ];
  expect(passwords).toHaveLength(2);
  expect(addresses.match(/p\d=redis:/g)).toHaveLength(6);
  const conf = readFileSync(join(secrets, 'redis.conf'), 'utf8');
  expect(conf.match(/^user (api|worker) on #[0-9a-f]{64} resetkeys/gm)).toHaveLength(2);
  for (const password of passwords) expect(conf).not.toContain(password);
  // Nothing else is different from the file of the repository.
  const plain = conf.replaceAll(/^(user \w+ on) #\w+/gm, '$1 nopass');
  expect(plain).toBe(readFileSync('redis.conf', 'utf8'));
  expect(readFileSync(join(secrets, 'api-secret'))).toHaveLength(32);
  // Only the workers get the private key, and only the APIs what belongs to its public part.
  const { current } = readWorkerKeys(join(secrets, 'worker-key.pem'));
  expect(readWorkerPublicKey(join(secrets, 'worker-public-key.pem')).id).toEqual(current.id);
  // Each workload gets its own addresses, and only Redis its configuration.
  for (const object of rendered['production']!.filter(({ kind }) =>
    /^(Deployment|StatefulSet)$/.test(kind),
  )) {
    const text = JSON.stringify(object['spec']);
    const user = object.metadata.labels?.['app.kubernetes.io/component'] ?? '';
    const own = { api: ['API'], worker: ['WORKER'] }[user] ?? [];
    const keys = [...text.matchAll(/"key":"(\w+?)_(?:PAYLOAD_)?REDIS_URLS?"/g)].map(([, key]) => key);
    expect([object.metadata.name, [...new Set(keys)]]).toEqual([object.metadata.name, own]);
    expect([user, text.includes('"secretName":"removebg-redis"')]).toEqual([user, user === 'redis']);
    const mounted = ['api', 'worker'].filter((one) => text.includes(`"secretName":"removebg-${one}-keys"`));
    expect([user, mounted]).toEqual([user, own.length > 0 ? [user] : []]);
  }
});
