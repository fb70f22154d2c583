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
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeForModel, squareFrame } from '#imaging/decode/decode.js';
import { sha256Of } from '#inference/model-files.js';
import { ModelRegistry } from '#inference/model-registry.js';
import { canonicalGraph } from '#model-builder/canonical/canonical-graph.js';
import { calibrationSchema, type Calibration } from '#model-builder/recipe/calibration.js';
import { calibrationText, methodOf, observe } from '#model-builder/calibration/observation.js';
import { floatFacts } from '#model-builder/float-facts.js';
import { prepareModel, readFloatModel } from '#model-builder/model-preparation.js';
import { graphOf } from '#model-builder/onnx/graph-index.js';
import { argument } from '../lib/figures.js';

const MODEL = 'isnet-original';
const MAX_PIXELS = 50_000_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const registry = new ModelRegistry(process.cwd(), argument('models', '.cache/models'));
const entry = registry.find(MODEL);
await prepareModel(registry, entry);
const facts = floatFacts(entry);
const canonical = canonicalGraph(graphOf(await readFloatModel(registry, entry)), facts);
const photos = JSON.parse(
  readFileSync('bench/pipeline/calibration.photos.json', 'utf8'),
) as Calibration['photos'];
const side = facts.inputSidePixels;
const threads = Number(argument('threads', '2'));
const tensors = await observe(canonical, pixelsOfPhotos(), { side, threads });
const head = { model: MODEL, sha256: entry.sha256, method: methodOf(side), photos };
const path = argument('out', 'models/isnet.calibration.json');
writeFileSync(path, calibrationText(calibrationSchema.parse({ ...head, tensors })));
say(`${path} written`);

async function* pixelsOfPhotos(): AsyncGenerator<Uint8Array> {
  for (const { name, sha256 } of photos) {
    const bytes = readFileSync(join(argument('photos', '.'), name));
    if (sha256Of(bytes) !== sha256) throw new Error(`${name} is another file than the one listed`);
    say(name);
    yield (await decodeForModel(bytes, squareFrame(side), MAX_PIXELS)).data;
  }
}
