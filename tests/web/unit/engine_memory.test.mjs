// The engine as built for the page, on large pictures: that its memory stays within what a tab may take.
// WebAssembly's memory never shrinks, so its size in the end is the most that was ever needed.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {ASTRONAUT, createEngine, skip, withBytes} from '../support/engine.mjs';
import {readPng, tiledRgba} from '../support/pictures.mjs';

const MIB = 1024 * 1024;

// Crowds, so that the finder does all that it ever does. What the engine needs besides the pixels (4 bytes
// each as they come in, 3 as they are kept) must not grow with the picture.
for (const [megapixels, count, most] of [[12, 7, 250], [64, 16, 600]]) {
  test(`a crowd of ${megapixels} megapixels is searched within ${most} MiB`, {skip}, async () => {
    const engine = await createEngine();
    const {rgba, width, height} = tiledRgba(readPng(ASTRONAUT), count);
    withBytes(engine, rgba, (pointer) => engine._ag_set_pixels(pointer, width, height));
    const held = engine.HEAPU8.length;
    assert.equal(engine._ag_predict(width, height), 0, engine.UTF8ToString(engine._ag_error_message()));
    assert.ok(engine._ag_face_count() >= 0.9 * count ** 2, `${engine._ag_face_count()} faces`);
    console.log(`${(width * height / 1e6).toFixed(1)} megapixels: ${Math.round(held / MIB)} MiB with the pixels, ` +
        `${Math.round(engine.HEAPU8.length / MIB)} MiB after the search, ${engine._ag_milliseconds(0).toFixed(0)} ms`);
    assert.ok(engine.HEAPU8.length <= most * MIB, `${engine.HEAPU8.length / MIB} MiB`);
  });
}
