// Kinds and sizes of files, and how a scene is packed for the stage.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {fitInto, labelTexts} from '../../../web/shell/fallback_stage.js';
import {browserMayRead, drawToPixels, fitPixels, fitSide, MAX_FILE_BYTES, readFile, sortFiles}
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

/** A canvas that stays empty, throws, or has no context above so many pixels. */
function fakeCanvas(most, failure) {
  const canvas = {width: 0, height: 0};
  canvas.getContext = () => {
    const fits = canvas.width * canvas.height <= most;
    if (!fits && failure === 'no context') return null;
    return {
      fillRect() {},
      drawImage() {},
      getImageData(x, y, width, height) {
        if (!fits && failure === 'throws') throw new RangeError('out of memory');
        const data = new Uint8ClampedArray(4 * width * height);
        if (fits) data.fill(255);
        return {data};
      },
    };
  };
  return canvas;
}

for (const failure of ['stays empty', 'throws', 'no context']) {
  test(`a canvas that ${failure} when large gives way to a smaller one`, () => {
    const canvases = [];
    const create = (most) => () => {
      canvases.push(fakeCanvas(most, failure));
      return canvases[canvases.length - 1];
    };
    const {rgba, width, height} = drawToPixels({}, 6000, 5000, create(16_777_216));
    assert.ok(width * height <= 16_777_216 && width * height > 16_700_000);
    assert.equal(rgba.byteLength, 4 * width * height);
    assert.deepEqual(canvases.map((canvas) => canvas.width), [0, 0], 'memory is given back');
    assert.throws(() => drawToPixels({}, 6000, 5000, create(1000)), {code: 'out_of_memory'});
  });
}

test('a canvas that holds the picture is used once', () => {
  let created = 0;
  const {width, height} = drawToPixels({}, 400, 300, () => {
    created++;
    return fakeCanvas(Infinity, '');
  });
  assert.deepEqual([created, width, height], [1, 400, 300]);
});

test('files that cannot be read have codes', async () => {
  await assert.rejects(readFile({size: MAX_FILE_BYTES + 1}), {code: 'too_large'});
  await assert.rejects(readFile(new Blob([])), {code: 'empty'});
  await assert.rejects(readFile({size: 1, arrayBuffer: async () => {
    throw new Error('moved');
  }}), {code: 'io'});
  assert.equal((await readFile(new Blob(['abc']))).byteLength, 3);
});

const known = {box: {x: 1, y: 2, width: 3, height: 4}, age: 30, age_low: 20, age_high: 40, p_female: 0.5};

test('faces are nine numbers each; no interval has its ends swapped, who is out of view has no box', () => {
  const unknown = {...known, age_low: null, age_high: null};
  assert.deepEqual([...packFaces([{number: 3, seen: true, face: known}, {number: 7, seen: false, face: unknown}])],
      [1, 2, 3, 4, 30, 20, 40, 0.5, 3, NaN, NaN, NaN, NaN, 30, 1, 0, 0.5, 7]);
  assert.equal(packFaces([{number: 3, seen: true, face: known}])[8], 0, 'a lone face has no number');
});

test('distributions lie one after the other; times that were not taken are -1', () => {
  const rows = [new Float32Array([1, 2]), undefined, new Float32Array([3, 4])];
  assert.deepEqual([...packDistributions(rows.map((distribution) => ({distribution})), 2)], [1, 2, 0, 0, 3, 4]);
  assert.equal(packDistributions([], 0).length, 0);
  assert.deepEqual([...packTimes({detect: 2, predict: 4})], [-1, 2, -1, 4]);
});

test('labels of the fallback get shorter in a crowd, not that of the chosen face', () => {
  const shown = {number: 12, face: {...known, age: 34.24}};
  assert.deepEqual(labelTexts(shown, 1, true), ['34.2, female 50 %', '34']);
  assert.deepEqual(labelTexts(shown, 3, false), ['12: 34.2, female 50 %', '12: 34', '12']);
  assert.deepEqual(labelTexts(shown, 40, false), ['12: 34', '12']);
  assert.equal(labelTexts(shown, 40, true)[0], '12: 34.2, female 50 %');
});

test('the fallback puts the picture into the middle of its area', () => {
  assert.deepEqual(fitInto(100, 100, {x: 10, y: 20, width: 300, height: 200}),
      {x: 60, y: 20, width: 200, height: 200, scale: 2});
});
