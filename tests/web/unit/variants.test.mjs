// Which variants the page tries, and that the two hand-written modules say what they should.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {test} from 'node:test';

import {chooseVariants, RELAXED_MODULE, SIMD_MODULE, supportedVariants}
  from '../../../web/shell/variants.js';

test('a browser that takes both gets relaxed first', () => {
  assert.deepEqual(supportedVariants(() => true), ['relaxed', 'simd']);
});

test('a browser without relaxed SIMD gets simd', () => {
  assert.deepEqual(supportedVariants((bytes) => bytes === SIMD_MODULE), ['simd']);
});

test('a browser without SIMD gets nothing, whatever it says of relaxed SIMD', () => {
  assert.deepEqual(supportedVariants(() => false), []);
  assert.deepEqual(supportedVariants((bytes) => bytes === RELAXED_MODULE), []);
});

test('validate that throws is a no', () => {
  assert.deepEqual(supportedVariants(() => {
    throw new Error('blocked');
  }), []);
});

test('the SIMD module is valid, and broken with its last byte gone', () => {
  assert.equal(WebAssembly.validate(SIMD_MODULE), true);
  assert.equal(WebAssembly.validate(SIMD_MODULE.slice(0, -1)), false);
});

test('the relaxed module is valid where relaxed SIMD is', () => {
  const script = 'const {RELAXED_MODULE} = await import(process.argv[1]);' +
      'process.stdout.write(String(WebAssembly.validate(RELAXED_MODULE)));';
  const url = new URL('../../../web/shell/variants.js', import.meta.url).href;
  const run = (...flags) => execFileSync(process.execPath,
      [...flags, '--input-type=module', '--eval', script, url], {encoding: 'utf8', stdio: 'pipe'});
  let answer;
  try {
    answer = run('--experimental-wasm-relaxed-simd');
  } catch {
    answer = run();  // newer versions of node have no such flag: it is always on
  }
  assert.equal(answer, 'true');
});

test('?engine= forces one that is known, even against the browser', () => {
  assert.deepEqual(chooseVariants(['relaxed', 'simd'], '?engine=simd'),
      {variants: ['simd'], forced: 'simd', unknown: null});
  assert.deepEqual(chooseVariants(['simd'], '?engine=relaxed'),
      {variants: ['relaxed'], forced: 'relaxed', unknown: null});
});

test('an unknown or empty ?engine= changes nothing', () => {
  assert.deepEqual(chooseVariants(['simd'], '?engine=mmx'),
      {variants: ['simd'], forced: null, unknown: 'mmx'});
  assert.deepEqual(chooseVariants(['simd'], '?engine='), {variants: ['simd'], forced: null, unknown: null});
  assert.deepEqual(chooseVariants(['simd'], ''), {variants: ['simd'], forced: null, unknown: null});
});
