/**
 * Records activation statistics of the model on photographs, for the int8 models, and writes
 * `models/isnet.calibration.json`. The photographs are listed in bench/pipeline/calibration.photos.json, all of them
 * in the public domain; they are in Debian's package python3-skimage:
 *
 *   apt-get download python3-skimage && dpkg-deb -x python3-skimage_*.deb skimage
 *   npm run models -- prepare isnet-original
 *   npm run bench -- calibrate --photos skimage/usr/lib/python3/dist-packages/skimage/data
 *
 * Options: --photos FOLDER, --out FILE, --threads 2. Takes about ten seconds per photograph and 2 GB. Afterwards the
 * sha256 of the int8 models in models/manifest.json must be updated: `npm run models -- prepare` prints the new ones.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { decodeForModel, squareFrame } from '#imaging/decode/decode.js';
import { ModelRegistry } from '#inference/model-registry.js';
import { nominalSize } from '#inference/model-signature.js';
import { prepareModel } from '#model-builder/model-preparation.js';
import { model as modelOf, value } from '#model-builder/onnx/onnx-build.js';
import { encodeModel } from '#model-builder/onnx/onnx-codec.js';
import { DataType } from '#model-builder/onnx/onnx-types.js';
import { calibrationSchema, type Calibration } from '#model-builder/recipe/calibration.js';
import { observedTensors } from '#model-builder/recipe/channel-steps.js';
import { keepOutputs } from '#model-builder/recipe/graph-steps.js';
import { floatGraph } from '#model-builder/recipe/recipes.js';
import { ActivationRecord } from './activation-record.js';
import { argument } from '../lib/figures.js';

const MODEL = 'isnet-original';
/** Outputs of one run: more would hold more inner values at once. */
const AT_ONCE = 42;
const MAX_PIXELS = 50_000_000;
const METHOD =
  'float32, pixels resized to 1024 x 1024 with lanczos3; magnitudes per channel over all photos; p999 is the upper edge of a bucket 12 % wide; likeness is the correlation of neighbours in a row; three significant digits';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const registry = new ModelRegistry(process.cwd(), argument('models', '.cache/models'));
const entry = registry.find(MODEL);
const source = readFileSync(await prepareModel(registry, entry));
const graph = floatGraph(source);
const names = observedTensors(graph);
const records = new Map(names.map((name) => [name, new ActivationRecord()]));
const session = await openSession();
const photos = JSON.parse(
  readFileSync('bench/pipeline/calibration.photos.json', 'utf8'),
) as Calibration['photos'];
for (const photo of photos) {
  const startedAt = performance.now();
  await observe(readPhoto(photo));
  say(`${photo.name}: ${Math.round(performance.now() - startedAt)} ms`);
}
await session.release();
writeResult(argument('out', 'models/isnet.calibration.json'));

/** The float model with all observed inner values as outputs. */
async function openSession(): Promise<InferenceSession> {
  const outputs = names.map((name) => value(name, DataType.float, ['n', 'c', 'h', 'w']));
  const { nodes, initializers, inputs, outputs: kept } = keepOutputs(graph, outputs);
  const pieces = encodeModel(modelOf({ name: 'observed', nodes, initializers, inputs, outputs: kept }));
  return InferenceSession.create(Buffer.concat(pieces), {
    intraOpNumThreads: Number(argument('threads', '2')),
    enableCpuMemArena: false,
    enableMemPattern: false,
    logSeverityLevel: 3,
  });
}

function readPhoto(photo: Calibration['photos'][number]): Buffer {
  const bytes = readFileSync(join(argument('photos', '.'), photo.name));
  if (sha256(bytes) !== photo.sha256) throw new Error(`${photo.name} is another file than the one listed`);
  return bytes;
}

async function observe(photo: Buffer): Promise<void> {
  const { width: side } = nominalSize(entry.input);
  const { data: pixels } = await decodeForModel(photo, squareFrame(side), MAX_PIXELS);
  const { mean, std } = entry.input.type === 'uint8' ? {} : entry.input.normalization;
  const planes = Float32Array.from({ length: 3 * side * side }, (_, i) => {
    const channel = Math.floor(i / (side * side));
    const byte = pixels[(i % (side * side)) * 3 + channel] ?? 0;
    return (byte - (mean?.[channel] ?? 0)) / (std?.[channel] ?? 1);
  });
  const feeds = { [entry.input.name]: new Tensor('float32', planes, [1, 3, side, side]) };
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const values = await session.run(feeds, names.slice(at, at + AT_ONCE));
    for (const [name, tensor] of Object.entries(values)) {
      records.get(name)?.add(tensor.data as Float32Array, tensor.dims[1] ?? 1);
      tensor.dispose();
    }
  }
}

/** One line for each tensor and list, for readable diffs. */
function writeResult(path: string): void {
  const tensors = Object.fromEntries([...records].map(([name, record]) => [name, record.statistics()]));
  const head = { model: MODEL, sha256: sha256(source), method: METHOD, photos };
  const result: Calibration = calibrationSchema.parse({ ...head, tensors });
  const lines = Object.entries(result.tensors).map(
    ([name, lists]) =>
      `    ${JSON.stringify(name)}: {\n${Object.entries(lists)
        .map(([key, list]) => `      "${key}": ${JSON.stringify(list)}`)
        .join(',\n')}\n    }`,
  );
  const opening = JSON.stringify(head, null, 2).replace(/\n}$/, ',\n  "tensors": {\n');
  writeFileSync(path, `${opening}${lines.join(',\n')}\n  }\n}\n`);
  say(`${path} written`);
}
