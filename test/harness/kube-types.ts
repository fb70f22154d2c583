import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import type { KubeObject } from './kustomize.js';

/** File of each kind's official type in `kubernetes-types`, which is generated from the API's description. */
const TYPES: Record<string, string> = {
  'v1 ConfigMap': 'core/v1',
  'v1 Namespace': 'core/v1',
  'v1 Secret': 'core/v1',
  'v1 Service': 'core/v1',
  'apps/v1 Deployment': 'apps/v1',
  'apps/v1 StatefulSet': 'apps/v1',
  'networking.k8s.io/v1 NetworkPolicy': 'networking/v1',
  'policy/v1 PodDisruptionBudget': 'policy/v1',
};

/** What has no type there, and is held against a schema of its own. */
export const isForeign = ({ apiVersion }: KubeObject): boolean => apiVersion.startsWith('keda.sh/');

/**
 * Holds objects against the types of the Kubernetes API, with the compiler: a field that a kind does not have, that it
 * must have, or that is of another type, is a fault.
 * @returns the faults, in the compiler's words; empty when there are none
 */
export function typeFaults(objects: readonly KubeObject[]): string[] {
  const folder = resolve('.cache', 'kube-types');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `objects.${process.pid}.ts`);
  writeFileSync(file, objects.map(statement).join('\n'));
  try {
    const program = ts.createProgram([file], {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      exactOptionalPropertyTypes: true,
      lib: ['lib.es2023.d.ts'],
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      types: [],
    });
    return ts.getPreEmitDiagnostics(program).map(({ messageText, start = 0, file: where }) => {
      const line = where?.getLineAndCharacterOfPosition(start).line ?? 0;
      const { kind, metadata } = objects[line] ?? { kind: '', metadata: { name: '' } };
      return `${kind} ${metadata.name}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  } finally {
    rmSync(file);
  }
}

/** One line an object: a literal whose type is the kind's, so that a field too many is one too. */
function statement(object: KubeObject, place: number): string {
  const path = TYPES[`${object.apiVersion} ${object.kind}`];
  if (path === undefined) throw new Error(`no type for ${object.apiVersion} ${object.kind}`);
  return `export const object${place}: import('kubernetes-types/${path}').${object.kind} = ${JSON.stringify(object)};`;
}
