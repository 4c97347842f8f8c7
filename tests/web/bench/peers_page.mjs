// The browser's side of `./ag bench peers`: our net and the peers' in one page, on one thread. Serves
// peers.mjs, which calls window.prepare() and then window.round().

/** Nets run so often in a row for one sample, so that each of them finds its weights in the cache. */
const RUNS = 6;
/** The picture holds as many copies of the face, in this many columns: our net runs once for each. */
const COLUMNS = 3;
const MODEL_KINDS = {detector: '_ag_load_detector', net: '_ag_load_net'};

/** @type {Record<string, () => number>} name of a net: runs it RUNS times, milliseconds for one */
const nets = {};

async function bytesOf(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: HTTP status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** @param {ImageBitmap} face @returns {ImageData} RUNS copies of it */
function pictureOf(face) {
  const canvas = new OffscreenCanvas(face.width * COLUMNS, face.height * Math.ceil(RUNS / COLUMNS));
  const context = canvas.getContext('2d');
  for (let i = 0; i < RUNS; i++) {
    context.drawImage(face, face.width * (i % COLUMNS), face.height * Math.floor(i / COLUMNS));
  }
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** @param {ImageBitmap} face @param {number} side @returns {HTMLCanvasElement} the middle of it */
function cropOf(face, side) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  canvas.getContext('2d').drawImage(face, 0, 0, side, side);
  return canvas;
}

/** Our engine: milliseconds of the net by its own clock, float crop and read outputs included. */
async function prepareOurs(variant, face) {
  const base = `/engine/${variant}/engine_${variant}`;
  const {default: createEngine} = await import(`${base}.js`);
  const module = await WebAssembly.compile(await bytesOf(`${base}.wasm`));
  const engine = await createEngine({
    instantiateWasm: (imports, done) => {
      WebAssembly.instantiate(module, imports).then((instance) => done(instance, module));
      return {};
    },
  });
  const check = (status) => {
    if (status !== 0) throw new Error(engine.UTF8ToString(engine._ag_error_message()));
  };
  const withBytes = (bytes, use) => {
    const pointer = engine._ag_alloc(bytes.length);
    engine.HEAPU8.set(bytes, pointer);
    check(use(pointer));
    engine._ag_free(pointer);
  };
  for (const [kind, load] of Object.entries(MODEL_KINDS)) {
    const bytes = await bytesOf(`/model/${kind}.agm`);
    withBytes(bytes, (pointer) => engine[load](pointer, bytes.length));
  }
  const {data, width, height} = pictureOf(face);
  withBytes(data, (pointer) => engine._ag_set_pixels(pointer, width, height));
  const run = () => {
    check(engine._ag_predict(width, height));
    if (engine._ag_face_count() !== RUNS) throw new Error(`${engine._ag_face_count()} faces found, not ${RUNS}`);
    return engine._ag_milliseconds(2) / RUNS;
  };
  nets.ours = run;
  run();
  const {faces: [{age, p_female: pFemale}]} = JSON.parse(engine.UTF8ToString(engine._ag_record(0, 0)));
  return {name: `ag, ${variant}`, age, pFemale,
    input: engine._ag_net_number(0), parameters: engine._ag_net_number(4)};
}

/** TensorFlow.js on WebAssembly SIMD, one thread. */
export async function useWasm(tf) {
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  tf.setWasmPaths('/tfjs-wasm/');
  if (!await tf.setBackend('wasm')) throw new Error('tfjs did not start its backend wasm');
  await tf.ready();
  if (!await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) throw new Error('tfjs found no SIMD');
}

/** @param {() => void} run of one net, results read */
function timed(run) {
  const started = performance.now();
  for (let i = 0; i < RUNS; i++) run();
  return (performance.now() - started) / RUNS;
}

/** AgeGenderNet of face-api.js on a float tensor that is in the backend's memory already. */
async function prepareFaceApi(face) {
  const SIDE = 112;
  const faceapi = await import('/face-api/dist/face-api.esm.js');
  await useWasm(faceapi.tf);
  const net = faceapi.nets.ageGenderNet;
  await net.loadFromUri('/face-api/model');
  const tensor = faceapi.tf.cast(faceapi.tf.browser.fromPixels(cropOf(face, SIDE)), 'float32');
  const input = await faceapi.toNetInput(tensor);
  const run = () => {
    const out = net.forwardInput(input);
    const result = {age: out.age.dataSync()[0], pFemale: 1 - out.gender.dataSync()[0]};
    out.age.dispose();
    out.gender.dispose();
    return result;
  };
  nets['face-api'] = () => timed(run);
  return {name: 'face-api.js AgeGenderNet', ...run(), input: SIDE, tfjs: faceapi.tf.version_core,
    backend: faceapi.tf.getBackend()};
}

/** faceres of Human, likewise. */
async function prepareHuman(face) {
  const tf = await import('/human/dist/tfjs.esm.js');
  await useWasm(tf);
  const model = await tf.loadGraphModel('/human/models/faceres.json');
  const [, side] = model.inputs[0].shape;
  const input = tf.expandDims(tf.cast(tf.browser.fromPixels(cropOf(face, side)), 'float32'));
  const run = () => {
    const outputs = model.execute(input);
    const [gender] = outputs.find(({shape}) => shape[1] === 1).dataSync();
    const ages = outputs.find(({shape}) => shape[1] === 100).dataSync();
    tf.dispose(outputs);
    return {age: ages.indexOf(Math.max(...ages)), pFemale: 1 - gender};
  };
  nets.human = () => timed(run);
  return {name: 'Human faceres', ...run(), input: side, tfjs: tf.version_core, backend: tf.getBackend()};
}

/** @returns {Promise<Record<string, object>>} each net by its key: what it is and says of the face */
window.prepare = async ({variant, human}) => {
  if (!crossOriginIsolated) throw new Error('not isolated: its clock would tick in tenths of milliseconds');
  const face = await createImageBitmap(new Blob([await bytesOf('/face.png')]));
  const result = {ours: await prepareOurs(variant, face), 'face-api': await prepareFaceApi(face)};
  if (human) result.human = await prepareHuman(face);
  return result;
};

/** One sample of each net. @param {number} index every other round in the other order */
window.round = (index) => {
  const names = Object.keys(nets);
  if (index % 2 === 1) names.reverse();
  return Object.fromEntries(names.map((name) => [name, nets[name]()]));
};
