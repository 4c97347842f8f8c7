// Records YuNet's raw outputs as onnxruntime-web (WebAssembly backend) computes them, for
// tests/parity/yunet_parity_test.cc. See README.md for the format of the files.
//
//   node record.mjs YUNET.onnx ASTRONAUT.png OUT_FOLDER
import {createHash} from 'node:crypto';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import ort from 'onnxruntime-web/wasm';
import {PNG} from 'pngjs';

const SIDE = 320;             // the file's own input size
const CROP = {x: 64, y: 0};   // of the astronaut, with her face in it and without resampling
const OUTPUTS = ['cls', 'obj', 'bbox', 'kps'].flatMap(
    (kind) => [8, 16, 32].map((stride) => `${kind}_${stride}`));

// Integer arithmetic only: the test makes the same picture (SyntheticPicture in the test).
function syntheticPicture() {
  const rgb = new Uint8Array(SIDE * SIDE * 3);
  for (let y = 0; y < SIDE; ++y) {
    for (let x = 0; x < SIDE; ++x) {
      const at = (y * SIDE + x) * 3;
      rgb[at] = (3 * x + 5 * y + ((x * y) >> 4)) & 255;
      rgb[at + 1] = (x ^ y) & 255;
      rgb[at + 2] = ((x * x + 3 * y * y) >> 6) & 255;
    }
  }
  return rgb;
}

function astronautCrop(path) {
  const png = PNG.sync.read(readFileSync(path));  // 8-bit RGBA; this picture is opaque
  const rgb = new Uint8Array(SIDE * SIDE * 3);
  for (let y = 0; y < SIDE; ++y) {
    for (let x = 0; x < SIDE; ++x) {
      const from = ((y + CROP.y) * png.width + x + CROP.x) * 4;
      rgb.set(png.data.subarray(from, from + 3), (y * SIDE + x) * 3);
    }
  }
  return rgb;
}

// [1, 3, SIDE, SIDE] float32, channels B, G, R, values 0..255.
function netInput(rgb) {
  const input = new Float32Array(3 * SIDE * SIDE);
  for (let cell = 0; cell < SIDE * SIDE; ++cell) {
    for (let channel = 0; channel < 3; ++channel) {
      input[channel * SIDE * SIDE + cell] = rgb[cell * 3 + 2 - channel];
    }
  }
  return new ort.Tensor('float32', input, [1, 3, SIDE, SIDE]);
}

function uint32(...numbers) {
  return Buffer.from(Uint32Array.from(numbers).buffer);
}

function recordFile(onnx, rgb, results) {
  const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
  const parts = [Buffer.from('AGREC001', 'latin1'), sha256(onnx), sha256(rgb),
                 uint32(OUTPUTS.length)];
  for (const name of OUTPUTS) {
    const {dims, data} = results[name];
    if (dims.length !== 3 || dims[0] !== 1) throw new Error(`${name}: unexpected shape ${dims}`);
    parts.push(uint32(name.length), Buffer.from(name, 'latin1'), uint32(dims[1], dims[2]));
    parts.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  }
  return Buffer.concat(parts);
}

const [onnxPath, astronautPath, outFolder] = process.argv.slice(2);
if (!outFolder) {
  console.error('usage: node record.mjs YUNET.onnx ASTRONAUT.png OUT_FOLDER');
  process.exit(2);
}
ort.env.wasm.numThreads = 1;
const onnx = readFileSync(onnxPath);
const session = await ort.InferenceSession.create(onnx, {executionProviders: ['wasm']});
const pictures = {synthetic: syntheticPicture(), astronaut: astronautCrop(astronautPath)};
for (const [name, rgb] of Object.entries(pictures)) {
  const results = await session.run({[session.inputNames[0]]: netInput(rgb)});
  const path = join(outFolder, `yunet_${name}.bin`);
  writeFileSync(path, recordFile(onnx, rgb, results));
  console.log(`${path}: onnxruntime-web ${ort.env.versions.web}, rgb sha256 ` +
              createHash('sha256').update(rgb).digest('hex'));
}
