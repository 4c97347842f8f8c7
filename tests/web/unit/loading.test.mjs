// Fetching with progress, against a fetch that answers what each test says.
import assert from 'node:assert/strict';
import {afterEach, test} from 'node:test';

import {StartError} from '../../../web/shell/engine_client.js';
import {Loader} from '../../../web/shell/loading.js';

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});

const URL_A = new URL('http://localhost/site/model/a.agm');

/** @param {Uint8Array[]} chunks @param {Record<string, string>} headers */
function answer(chunks, headers, status = 200) {
  const body = new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  globalThis.fetch = async () => new Response(body, {status, headers});
}

test('bytes come whole, and progress adds up', async () => {
  answer([new Uint8Array([1, 2]), new Uint8Array([3])], {'content-length': '3'});
  const seen = [];
  const loader = new Loader((received, total) => seen.push([received, total]));
  assert.deepEqual([...new Uint8Array(await loader.bytes(URL_A))], [1, 2, 3]);
  assert.deepEqual(seen, [[2, 3], [3, 3]]);
});

test('a compressed answer says nothing of the whole', async () => {
  answer([new Uint8Array([1, 2, 3])], {'content-length': '2', 'content-encoding': 'gzip'});
  const seen = [];
  await new Loader((received, total) => seen.push([received, total])).bytes(URL_A);
  assert.deepEqual(seen, [[3, null]]);
});

test('each failure names the file and what happened', async () => {
  const loader = new Loader(() => {});
  const refuses = (promise, step, words) => assert.rejects(promise,
      (error) => error instanceof StartError && error.step === step && words.test(error.message));
  answer([], {}, 404);
  await refuses(loader.bytes(URL_A), 'fetch', /a\.agm: HTTP status 404/);
  globalThis.fetch = async () => {
    throw new TypeError('offline');
  };
  await refuses(loader.bytes(URL_A), 'fetch', /a\.agm: no answer/);
  globalThis.fetch = async () => new Response(new ReadableStream({
    pull(controller) {
      controller.error(new TypeError('reset'));
    },
  }));
  await refuses(loader.bytes(URL_A), 'fetch', /a\.agm: the connection broke/);
  answer([new TextEncoder().encode('{')], {});
  await refuses(loader.json(URL_A), 'fetch', /not JSON/);
  answer([new TextEncoder().encode('no wasm')], {});
  await refuses(loader.module(URL_A), 'compile', /./);
});
