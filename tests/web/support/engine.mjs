// The engine as built for the page, in node.
import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';

import {ASTRONAUT, SITE} from './places.mjs';

export {ASTRONAUT};

const missing = [join(SITE, 'engine/engine_simd.wasm'), ASTRONAUT].find((file) => !existsSync(file));
/** Why the engine cannot run here; false: it can. */
export const skip = missing !== undefined && `${missing} is missing: run ./ag build site and ./ag demo first`;

/** The plain SIMD one: node runs it without a switch. */
export async function createEngine() {
  // The module is built for a Worker alone and looks for its location.
  globalThis.self = globalThis;
  globalThis.location = {href: import.meta.url};
  const {default: create} = await import(pathToFileURL(join(SITE, 'engine/engine_simd.js')));
  const wasm = await WebAssembly.compile(readFileSync(join(SITE, 'engine/engine_simd.wasm')));
  const engine = await create({
    instantiateWasm: (imports, done) => {
      WebAssembly.instantiate(wasm, imports).then((instance) => done(instance, wasm));
      return {};
    },
  });
  withBytes(engine, readFileSync(join(SITE, 'model/face_detector.agm')), engine._ag_load_detector);
  withBytes(engine, readFileSync(join(SITE, 'model/age_gender.agm')), engine._ag_load_net);
  return engine;
}

export function withBytes(engine, bytes, use) {
  const pointer = engine._ag_alloc(bytes.length || 1);
  assert.notEqual(pointer, 0, `memory for ${bytes.length} bytes`);
  engine.HEAPU8.set(bytes, pointer);
  assert.equal(use(pointer, bytes.length), 0, engine.UTF8ToString(engine._ag_error_message()));
  engine._ag_free(pointer);
}
