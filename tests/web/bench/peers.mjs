// The time of our age and gender net beside the nets that other libraries run in a browser, in one page
// of one Chromium, on one thread, round after round in turns: a busy machine slows all alike, and the
// ratio holds where the milliseconds do not. Each repeat is a browser of its own.
//
// usage: peers.mjs [--model FILE.agm] [--engine relaxed|simd] [--repeats N] [--rounds N] [--human] [--json FILE]
//   (through ./ag bench peers, which fetches the peers and builds the engine)
import {readFileSync, writeFileSync} from 'node:fs';
import {cpus, loadavg} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

import {launch, PATIENCE_MS, startServer} from './browser.mjs';
import {median} from './statistics.mjs';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const WARM_UP = 5;

const {values: options} = parseArgs({options: {
  model: {type: 'string', default: join(ROOT, 'web/model/age_gender.agm')},
  engine: {type: 'string', default: 'relaxed'},
  repeats: {type: 'string', default: '5'},
  rounds: {type: 'string', default: '40'},
  human: {type: 'boolean', default: false},
  json: {type: 'string'},
}});

/** @param {string} name @returns {number} */
function positive(name) {
  const value = Number(options[name]);
  if (!Number.isInteger(value) || value < 1 || value > 10_000) {
    throw new Error(`--${name}: expected a whole number from 1 to 10000, found '${options[name]}'`);
  }
  return value;
}

/** What the page may ask for: the start of the address, and the file or folder that it stands for. */
const PLACES = {
  '/bench/': fileURLToPath(new URL('./', import.meta.url)),
  '/engine/relaxed/': join(ROOT, 'build/wasm-relaxed/site/engine/'),
  '/engine/simd/': join(ROOT, 'build/wasm-simd/site/engine/'),
  '/model/detector.agm': join(ROOT, 'web/model/face_detector.agm'),
  '/model/net.agm': options.model,
  '/face.png': join(ROOT, '.deps/sample/astronaut.png'),
  '/face-api/': join(ROOT, '.deps/face-api/'),
  '/human/': join(ROOT, '.deps/human/'),
  '/tfjs-wasm/': join(ROOT, '.deps/tfjs-wasm/dist/'),
};

/** @returns {Promise<{nets: object, samples: Record<string, number[]>, browser: string}>} of one browser */
async function repeat(url, rounds) {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') console.error(message.text());
    });
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(`${url}/bench/peers.html`);
    await page.waitForFunction(() => 'round' in window);
    const nets = await page.evaluate((what) => window.prepare(what), {variant: options.engine, human: options.human});
    const samples = Object.fromEntries(Object.keys(nets).map((key) => [key, []]));
    for (let i = -WARM_UP; i < rounds; i++) {
      const times = await page.evaluate((index) => window.round(index), i + WARM_UP);
      if (i >= 0) for (const [key, ms] of Object.entries(times)) samples[key].push(ms);
    }
    return {nets, samples, browser: browser.version()};
  } finally {
    await browser.close();
  }
}

/** TensorFlow.js must have run what is claimed of it. @param {string[]} served */
function checkKernels(served) {
  const kernels = new Set(served.filter((path) => path.startsWith('/tfjs-wasm/') && path.endsWith('.wasm')));
  if (kernels.size !== 1 || !kernels.has('/tfjs-wasm/tfjs-backend-wasm-simd.wasm')) {
    throw new Error(`tfjs loaded ${[...kernels].join(', ') || 'no WebAssembly'}, not its SIMD kernels for one thread`);
  }
}

/** @param {{samples: Record<string, number[]>}[]} repeats @param {string} key */
function summary(repeats, key) {
  const medians = repeats.map(({samples}) => median(samples[key]));
  const least = (of) => Math.min(...repeats.flatMap(({samples}) => samples[of]));
  const ratios = repeats.map(({samples}, i) => median(samples.ours) / medians[i]);
  return {ms: median(medians), msRange: [Math.min(...medians), Math.max(...medians)], msLeast: least(key),
    ratioOfLeast: least('ours') / least(key), ratio: median(ratios), ratioRange: [Math.min(...ratios), Math.max(...ratios)]};
}

/** @param {number} value */
const two = (value) => value.toFixed(2);

/** @param {object} report */
function print({nets, peers, ...report}) {
  console.log(`${report.model}, engine ${report.engine}, Chromium ${report.browser}, ${report.cpu}, load ${two(report.load)}; ` +
      `1 thread, milliseconds of the net alone: median of ${report.repeats} browsers' medians of ${report.rounds} ` +
      '(least and largest of these medians; least of all)');
  for (const [key, net] of Object.entries(nets)) {
    const {ms, msRange, msLeast, ratio, ratioRange, ratioOfLeast} = peers[key];
    const beside = key === 'ours' ? '' :
      `   ag / it = ${ratio.toFixed(3)} (${ratioRange.map((value) => value.toFixed(3)).join(' to ')}; of the least times ` +
      `${ratioOfLeast.toFixed(3)})`;
    console.log(`${net.name.padEnd(26)} ${two(ms).padStart(7)} ms (${msRange.map(two).join(' to ')}; ${two(msLeast)})` +
        `   input ${net.input}${net.tfjs ? `, tfjs ${net.tfjs} ${net.backend} SIMD` : ''}` +
        `   says ${two(net.age)} years, female ${two(net.pFemale)}${beside}`);
  }
}

async function main() {
  const rounds = positive('rounds');
  const count = positive('repeats');
  const served = [];
  const server = await startServer(PLACES, served);
  const repeats = [];
  try {
    for (let i = 0; i < count; i++) repeats.push(await repeat(`http://127.0.0.1:${server.address().port}`, rounds));
  } finally {
    server.closeAllConnections();
    server.close();
  }
  checkKernels(served);
  const {nets, browser} = repeats[0];
  const report = {model: options.model.replace(ROOT, ''), modelBytes: readFileSync(options.model).length,
    engine: options.engine, browser, cpu: cpus()[0].model, load: loadavg()[0], repeats: count, rounds, nets,
    peers: Object.fromEntries(Object.keys(nets).map((key) => [key, summary(repeats, key)]))};
  print(report);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`);
}

await main();
