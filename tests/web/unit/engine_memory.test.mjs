// The engine as built for the page, on large pictures: that its memory stays within what a tab may take.
// WebAssembly's memory never shrinks, so its size in the end is the most that was ever needed.
import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import {test} from 'node:test';

import {readPng, tiledRgba} from '../support/pictures.mjs';

const ROOT = new URL('../../../', import.meta.url);
const SITE = new URL('build/site/', ROOT);
const ASTRONAUT = new URL('.deps/sample/astronaut.png', ROOT);
const MIB = 1024 * 1024;

/** The plain SIMD one: node runs it without a switch. */
async function createEngine() {
  // The module is built for a Worker alone and looks for its location.
  globalThis.self = globalThis;
  globalThis.location = {href: import.meta.url};
  const {default: create} = await import(new URL('engine/engine_simd.js', SITE));
  const wasm = await WebAssembly.compile(readFileSync(new URL('engine/engine_simd.wasm', SITE)));
  const engine = await create({
    instantiateWasm: (imports, done) => {
      WebAssembly.instantiate(wasm, imports).then((instance) => done(instance, wasm));
      return {};
    },
  });
  withBytes(engine, readFileSync(new URL('model/face_detector.agm', SITE)), engine._ag_load_detector);
  withBytes(engine, readFileSync(new URL('model/age_gender.agm', SITE)), engine._ag_load_net);
  return engine;
}

function withBytes(engine, bytes, use) {
  const pointer = engine._ag_alloc(bytes.length);
  assert.notEqual(pointer, 0, `memory for ${bytes.length} bytes`);
  engine.HEAPU8.set(bytes, pointer);
  assert.equal(use(pointer, bytes.length), 0, engine.UTF8ToString(engine._ag_error_message()));
  engine._ag_free(pointer);
}

const missing = [new URL('engine/engine_simd.wasm', SITE), ASTRONAUT].find((file) => !existsSync(file));
const skip = missing !== undefined && `${missing.pathname} is missing: run ./ag build site and ./ag demo first`;

// Crowds, so that the finder does all that it ever does. What the engine needs besides the pixels (4 bytes
// each as they come in, 3 as they are kept) must not grow with the picture.
for (const [megapixels, count, most] of [[12, 7, 250], [64, 16, 600]]) {
  test(`a crowd of ${megapixels} megapixels is searched within ${most} MiB`, {skip}, async () => {
    const engine = await createEngine();
    const {rgba, width, height} = tiledRgba(readPng(ASTRONAUT.pathname), count);
    withBytes(engine, rgba, (pointer) => engine._ag_set_pixels(pointer, width, height));
    const held = engine.HEAPU8.length;
    assert.equal(engine._ag_predict(1, 1), 0, engine.UTF8ToString(engine._ag_error_message()));
    assert.ok(engine._ag_face_count() >= 0.9 * count ** 2, `${engine._ag_face_count()} faces`);
    console.log(`${(width * height / 1e6).toFixed(1)} megapixels: ${Math.round(held / MIB)} MiB with the pixels, ` +
        `${Math.round(engine.HEAPU8.length / MIB)} MiB after the search, ${engine._ag_milliseconds(0).toFixed(0)} ms`);
    assert.ok(engine.HEAPU8.length <= most * MIB, `${engine.HEAPU8.length / MIB} MiB`);
  });
}
