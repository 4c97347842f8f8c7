// The page's engine modules in node, one thread: milliseconds a stage on the sample photograph, both
// variants side by side, round after round, so that a busy machine slows both alike.
//
// usage: tests/run_in_node.sh tests/bench/wasm_engine.mjs [MODEL...] (./ag bench wasm_engine)
//   with models: the time of each of them on that face, instead of the shipped net's
import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {pathToFileURL} from 'node:url';

const ROOT = new URL('../../', import.meta.url);
const ROUNDS = 30;
const WARM_UP = 5;
const STAGES = ['detect', 'align', 'predict'];

// The modules are built for a Worker alone and look for its location.
globalThis.self = globalThis;
globalThis.location = {href: import.meta.url};

async function loadEngine(variant) {
  const base = new URL(`build/wasm-${variant}/site/engine/engine_${variant}`, ROOT);
  const {default: createEngine} = await import(`${base}.js`);
  const module = await WebAssembly.compile(readFileSync(new URL(`${base}.wasm`)));
  return createEngine({
    instantiateWasm: (imports, done) => {
      WebAssembly.instantiate(module, imports).then((instance) => done(instance, module));
      return {};
    },
  });
}

function check(engine, status) {
  if (status !== 0) throw new Error(engine.UTF8ToString(engine._ag_error_message()));
}

function withFile(engine, path, use) {
  const bytes = readFileSync(new URL(path, ROOT));
  const pointer = engine._ag_alloc(bytes.length);
  engine.HEAPU8.set(bytes, pointer);
  check(engine, use(pointer, bytes.length));
  engine._ag_free(pointer);
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

function summary(values) {
  return `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)})`;
}

// Milliseconds of the nets alone, all in turn in every round: one engine for each net.
async function compareNets(models) {
  const runs = [];
  for (const path of models) {
    for (const variant of ['simd', 'relaxed']) {
      const engine = await loadEngine(variant);
      withFile(engine, 'web/model/face_detector.agm', engine._ag_load_detector);
      withFile(engine, pathToFileURL(resolve(path)), engine._ag_load_net);
      withFile(engine, '.deps/sample/astronaut.png', (p, n) => engine._ag_decode(p, n, 0));
      runs.push({path, variant, engine, values: []});
    }
  }
  for (let round = 0; round < ROUNDS + WARM_UP; ++round) {
    for (const {engine, values} of runs) {
      check(engine, engine._ag_predict(engine._ag_picture_width(), engine._ag_picture_height()));
      if (round >= WARM_UP) values.push(engine._ag_milliseconds(STAGES.indexOf('predict')));
    }
  }
  console.log(`the net on one face, ms, median and least of ${ROUNDS}, node ${process.version}`);
  for (const path of models) {
    const cells = runs.filter((run) => run.path === path)
        .map(({variant, values}) => `${variant} ${summary(values)}`);
    console.log(`${cells.join('   ')}   ${path}`);
  }
}

if (process.argv.length > 2) {
  await compareNets(process.argv.slice(2));
  process.exit(0);
}

const times = {};
const engines = {};
for (const variant of ['simd', 'relaxed']) {
  const engine = await loadEngine(variant);
  withFile(engine, 'web/model/face_detector.agm', engine._ag_load_detector);
  withFile(engine, 'web/model/age_gender.agm', engine._ag_load_net);
  engines[variant] = engine;
  times[variant] = {decode: [], detect: [], align: [], predict: []};
}
for (let round = 0; round < ROUNDS + WARM_UP; ++round) {
  for (const [variant, engine] of Object.entries(engines)) {
    const before = performance.now();
    withFile(engine, '.deps/sample/astronaut.png', (p, n) => engine._ag_decode(p, n, 0));
    const decode = performance.now() - before;
    check(engine, engine._ag_predict(engine._ag_picture_width(), engine._ag_picture_height()));
    if (round < WARM_UP) continue;
    times[variant].decode.push(decode);
    STAGES.forEach((stage, i) => times[variant][stage].push(engine._ag_milliseconds(i)));
  }
}
console.log(`astronaut.png (512x512, one face), ms, median and least of ${ROUNDS}, node ${process.version}`);
for (const [variant, stages] of Object.entries(times)) {
  const cells = Object.entries(stages).map(
      ([stage, values]) => `${stage} ${summary(values)}`);
  console.log(`${variant.padEnd(8)} ${cells.join('   ')}`);
}
