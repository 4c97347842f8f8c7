// Records what the face recognition net's own library (face-api.js, TensorFlow.js in plain
// JavaScript) makes of a drawn picture: the descriptor that train_recognition_test compares with.
//
// usage: (echo descriptor; node record.mjs FOLDER) > tests/train/data/recognition_descriptor.csv
//   FOLDER: the npm package @vladmandic/face-api 1.7.15, unpacked
import {readFileSync} from 'node:fs';
import {pathToFileURL} from 'node:url';

// The bundle is made for browsers; beside node's own objects it takes the wrong way.
const {argv, stdout} = process;
Object.defineProperty(globalThis, 'process', {value: undefined, configurable: true});
const folder = argv[2];
globalThis.window = globalThis;
globalThis.document = {createElement: () => ({getContext: () => null})};
const faceapi = await import(pathToFileURL(`${folder}/dist/face-api.esm.js`).href);
const {tf} = faceapi;
await tf.setBackend('cpu');
await tf.ready();

const manifest = JSON.parse(readFileSync(
    `${folder}/model/face_recognition_model-weights_manifest.json`, 'utf8'));
const bytes = readFileSync(`${folder}/model/face_recognition_model.bin`);
const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
const net = new faceapi.FaceRecognitionNet();
net.loadFromWeightMap(tf.io.decodeWeights(buffer, manifest.flatMap((group) => group.weights)));

// The same integers as in the test.
const SIDE = 150;
const pixels = new Float32Array(SIDE * SIDE * 3);
for (let y = 0; y < SIDE; ++y) {
  for (let x = 0; x < SIDE; ++x) {
    for (let c = 0; c < 3; ++c) {
      pixels[(y * SIDE + x) * 3 + c] = (x * x + 3 * x * y + 7 * y + 50 * c) % 256;
    }
  }
}
const descriptor = tf.tidy(() => net.forwardInput(
    new faceapi.NetInput([tf.tensor3d(pixels, [SIDE, SIDE, 3])])));
stdout.write(Array.from(await descriptor.data(), (value) => value.toPrecision(9)).join('\n') + '\n');
