// Kinds and sizes of files, and how a scene is packed for the stage.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {fitInto} from '../../../web/shell/fallback_stage.js';
import {browserMayRead, fitPixels, fitSide, MAX_FILE_BYTES, readFile, sortFiles}
  from '../../../web/shell/files.js';
import {packDistributions, packFaces, packTimes} from '../../../web/shell/stage.js';

test('models are told by their name, all else is a picture', () => {
  const names = ['a.jpg', 'b.AGM', 'c', 'd.agm.png'];
  const {models, pictures} = sortFiles(names.map((name) => ({name})));
  assert.deepEqual(models.map(({name}) => name), ['b.AGM']);
  assert.deepEqual(pictures.map(({name}) => name), ['a.jpg', 'c', 'd.agm.png']);
});

test('only what the browser may know better goes to the browser', () => {
  assert.deepEqual(['too_large', 'unknown_format', 'unsupported_image', 'corrupt_image', 'empty', 'crashed']
      .map(browserMayRead), [true, true, true, false, false, false]);
});

test('sizes stay within their limit, keep proportions and never become 0', () => {
  assert.deepEqual(fitPixels(100, 50, 24e6), {width: 100, height: 50});
  const fit = fitPixels(6000, 5000, 24e6);
  assert.ok(fit.width * fit.height <= 24e6);
  assert.ok(Math.abs(fit.width / fit.height - 1.2) < 1e-3);
  assert.deepEqual(fitPixels(100_000_000, 1, 1e6), {width: 10_000_000, height: 1});
  assert.deepEqual(fitSide(1920, 1080, 1280), {width: 1280, height: 720});
  assert.deepEqual(fitSide(640, 480, 1280), {width: 640, height: 480});
});

test('files that cannot be read have codes', async () => {
  await assert.rejects(readFile({size: MAX_FILE_BYTES + 1}), {code: 'too_large'});
  await assert.rejects(readFile(new Blob([])), {code: 'empty'});
  await assert.rejects(readFile({size: 1, arrayBuffer: async () => {
    throw new Error('moved');
  }}), {code: 'io'});
  assert.equal((await readFile(new Blob(['abc']))).byteLength, 3);
});

test('faces are eight numbers each; no interval has its ends swapped', () => {
  const known = {box: {x: 1, y: 2, width: 3, height: 4}, age: 30, age_low: 20, age_high: 40, p_female: 0.5};
  assert.deepEqual([...packFaces([known, {...known, age_low: null, age_high: null}])],
      [1, 2, 3, 4, 30, 20, 40, 0.5, 1, 2, 3, 4, 30, 1, 0, 0.5]);
});

test('distributions lie one after the other; times that were not taken are -1', () => {
  assert.deepEqual([...packDistributions([new Float32Array([1, 2]), new Float32Array([3, 4])], 2)], [1, 2, 3, 4]);
  assert.equal(packDistributions([], 0).length, 0);
  assert.deepEqual([...packTimes({detect: 2, predict: 4})], [-1, 2, -1, 4]);
});

test('the fallback puts the picture into the middle of its area', () => {
  assert.deepEqual(fitInto(100, 100, {x: 10, y: 20, width: 300, height: 200}),
      {x: 60, y: 20, width: 200, height: 200, scale: 2});
});
