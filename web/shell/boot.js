// Starting: fetches everything, and brings up the best engine variant and the best stage that work here.
import {EngineClient, startFirstThatWorks} from './engine_client.js';
import {FallbackStage} from './fallback_stage.js';
import {createStage} from './stage.js';
import {chooseVariants, supportedVariants} from './variants.js';
import {forcedFailedText, WORDS} from './words.js';
/** @import {Loader} from './loading.js' */
/** @import {StartFiles} from './engine_client.js' */
/** @import {Stage, VariantFailure} from './types.js' */

const SITE = new URL('../', import.meta.url);
const NET_FILE = 'age_gender.agm';

/** @param {string} path below the site's folder */
function siteUrl(path) {
  return new URL(path, SITE);
}

/** @param {StartFiles} files */
export function startEngine(files) {
  return EngineClient.start(() => new Worker(siteUrl('engine/worker.js'), {type: 'module'}), files);
}

/**
 * @param {Loader} loader
 * @param {string} query `?engine=simd` or `?engine=relaxed` forces a variant
 * @returns {Promise<{engine: EngineClient|null, files: StartFiles|null, failures: VariantFailure[],
 *     forced: boolean, unknown: string|null, why: string}>} `files` start the same engine again; `why`:
 *     the words for a person if there is no engine
 */
export async function bootEngine(loader, query) {
  const supported = supportedVariants();
  const {variants, forced, unknown} = chooseVariants(supported, query);
  const facts = {forced: forced !== null, unknown};
  if (supported.length === 0) {
    const why = typeof WebAssembly === 'object' ? WORDS.noSimd : WORDS.noWebAssembly;
    return {engine: null, files: null, failures: [], ...facts, why};
  }
  const models = Promise.all([
    loader.bytes(siteUrl('model/face_detector.agm')),
    loader.bytes(siteUrl(`model/${NET_FILE}`)),
    loader.json(siteUrl('model/self_test.json')),
  ]);
  const {started, failures} = await startFirstThatWorks(variants, async (variant) => {
    const [module, [detector, net, selfTest]] =
        await Promise.all([loader.module(siteUrl(`engine/engine_${variant}.wasm`)), models]);
    const files = {variant, module, detector, net, netFile: NET_FILE, selfTest};
    return {engine: await startEngine(files), files};
  });
  if (started !== null) return {...started, failures, ...facts, why: ''};
  return {engine: null, files: null, failures, ...facts, why: whyNone(failures, forced)};
}

/** @param {VariantFailure[]} failures @param {string|null} forced */
function whyNone(failures, forced) {
  if (failures.every(({step}) => step === 'fetch')) return WORDS.filesMissing;
  return forced === null ? WORDS.allVariantsFailed : forcedFailedText(forced);
}

/**
 * @typedef {object} StageHandlers
 * @property {(index: number) => void} onselect
 * @property {(stage: Stage) => void} onreplaced the graphics card took WebGL away: this one goes on
 */

/**
 * @param {Loader} loader
 * @param {string} query `?stage=2d` asks for the 2D canvas
 * @param {HTMLCanvasElement} canvas
 * @param {StageHandlers} handlers
 * @returns {Promise<{stage: Stage, why: string, note: string}>} `why`: what failed if it is the 2D
 *     canvas; `note`: the same for a person, '' if there is nothing to say
 */
export async function bootStage(loader, query, canvas, handlers) {
  if (new URLSearchParams(query).get('stage') === '2d') {
    return {stage: new FallbackStage(canvas, handlers.onselect), why: 'asked for by ?stage=2d', note: ''};
  }
  let why = 'no WebGL2 here';
  try {
    const [script, wasm] = await Promise.all([
      import(siteUrl('stage/stage.js').href),
      loader.module(siteUrl('stage/stage.wasm')),
    ]);
    /** @type {Stage|null} */
    let stage = null;
    const onlost = () => {
      stage?.destroy();
      handlers.onreplaced(replaceStage(canvas, handlers.onselect));
    };
    stage = await createStage(script.default, wasm, canvas, handlers.onselect, onlost);
    if (stage !== null) return {stage, why: '', note: ''};
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  return {stage: replaceStage(canvas, handlers.onselect), why, note: WORDS.noWebGL};
}

/**
 * A canvas that once had, or tried for, a WebGL context cannot have another: takes a new one.
 * @param {HTMLCanvasElement} canvas @param {(index: number) => void} onselect
 */
function replaceStage(canvas, onselect) {
  const fresh = /** @type {HTMLCanvasElement} */ (canvas.cloneNode());
  canvas.replaceWith(fresh);
  return new FallbackStage(fresh, onselect);
}
