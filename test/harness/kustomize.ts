import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

/** A Kubernetes object, as far as it is looked at here. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

interface Generator {
  name: string;
  files?: string[];
  envs?: string[];
}

interface Kustomization {
  namespace?: string;
  resources?: string[];
  secretGenerator?: Generator[];
  configMapGenerator?: Generator[];
  images?: { name: string; newName: string; newTag: string }[];
  replicas?: { name: string; count: number }[];
  patches?: { target: { kind: string; name: string }; patch: string }[];
  generatorOptions?: { disableNameSuffixHash: boolean };
}

/** Fields of a kustomization that this reads; any other would be left out without a word. */
const KNOWN = [
  ...['apiVersion', 'kind', 'namespace', 'resources', 'secretGenerator', 'configMapGenerator', 'images'],
  ...['replicas', 'patches', 'generatorOptions'],
];
const CLUSTER_WIDE = new Set(['Namespace']);

/**
 * The objects of an overlay, as `kubectl kustomize` makes them: the part of Kustomize that deploy/kubernetes uses.
 * (kubectl is not to be had everywhere that the tests run; where it is, the two are compared.)
 * @throws Error for a field that this does not know
 */
export function renderOverlay(folder: string): KubeObject[] {
  const file = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as Kustomization;
  const unknown = Object.keys(file).filter((field) => !KNOWN.includes(field));
  if (unknown.length > 0) throw new Error(`${folder}: does not know ${unknown.join(', ')}`);
  const objects = [
    ...(file.resources ?? []).flatMap((path) => resource(join(folder, path))),
    ...(file.configMapGenerator ?? []).map((generator) => configMap(generator, folder)),
    ...(file.secretGenerator ?? []).map((generator) => secret(generator, folder)),
  ];
  for (const object of objects) transform(object, file);
  return objects;
}

function transform(object: KubeObject, file: Kustomization): void {
  const { namespace, replicas = [], patches = [], images = [] } = file;
  if (namespace !== undefined && !CLUSTER_WIDE.has(object.kind)) object.metadata.namespace = namespace;
  for (const { name, count } of replicas) setReplicas(object, name, count);
  for (const { target, patch } of patches)
    if (object.kind === target.kind && object.metadata.name === target.name) applyPatch(object, patch);
  for (const container of containersOf(object)) setImage(container, images);
}

function resource(path: string): KubeObject[] {
  if (statSync(path).isDirectory()) return renderOverlay(path);
  return parseAllDocuments(readFileSync(path, 'utf8'), { version: '1.1' }).map(
    (document) => document.toJS() as KubeObject,
  );
}

function configMap(generator: Generator, folder: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: generator.name },
    data: dataOf(generator, folder),
  };
}

function secret(generator: Generator, folder: string): KubeObject {
  const { name } = generator;
  const data = Object.entries(dataOf(generator, folder, 'latin1')).map(([key, text]) => [
    key,
    Buffer.from(text, 'latin1').toString('base64'),
  ]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name },
    type: 'Opaque',
    data: Object.fromEntries(data) as Record<string, string>,
  };
}

function dataOf({ files = [], envs = [] }: Generator, folder: string, encoding: BufferEncoding = 'utf8') {
  const whole = files.map((entry) => {
    const [key = '', path = key] = entry.split('=');
    return [basename(key), readFileSync(join(folder, path), encoding)];
  });
  const lines = envs.flatMap((path) => readFileSync(join(folder, path), 'utf8').split('\n'));
  const pairs = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/=(.*)/s).slice(0, 2));
  return Object.fromEntries([...whole, ...pairs]) as Record<string, string>;
}

function setReplicas(object: KubeObject, name: string, count: number): void {
  if (!['Deployment', 'StatefulSet'].includes(object.kind) || object.metadata.name !== name) return;
  (object['spec'] as { replicas: number }).replicas = count;
}

/** A container of a pod's template. */
export interface KubeContainer {
  name: string;
  image: string;
  [field: string]: unknown;
}

/** The containers that an object makes, if it makes any. */
export function containersOf({ spec }: KubeObject): KubeContainer[] {
  const { template } = (spec ?? {}) as { template?: { spec: { containers: KubeContainer[] } } };
  return template?.spec.containers ?? [];
}

function setImage(container: KubeContainer, images: NonNullable<Kustomization['images']>): void {
  const found = images.find(({ name }) => name === container.image);
  if (found !== undefined) container.image = `${found.newName}:${found.newTag}`;
}

/** JSON Patch (RFC 6902), `replace` and `remove`. */
function applyPatch(object: KubeObject, text: string): void {
  for (const { op, path, value } of parse(text) as { op: string; path: string; value?: unknown }[]) {
    const keys = path.slice(1).split('/');
    const last = keys.pop() ?? '';
    const place = keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], object) as Record<
      string,
      unknown
    >;
    if (!(last in place)) throw new Error(`${object.metadata.name}: has no ${path}`);
    if (op === 'replace') place[last] = value;
    else if (op === 'remove') Reflect.deleteProperty(place, last);
    else throw new Error(`${object.metadata.name}: does not know ${op}`);
  }
}
