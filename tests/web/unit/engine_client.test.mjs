// The page's end of the Worker, against a Worker that does what each test says.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {EngineClient, EngineError, StartError, startFirstThatWorks}
  from '../../../web/shell/engine_client.js';

const files = () => ({variant: 'simd', module: {}, detector: new ArrayBuffer(8), net: new ArrayBuffer(16),
  netFile: 'age_gender.agm', selfTest: {tolerance: 1e-3, values: []}});

class FakeWorker {
  constructor(answer) {
    this.answer = answer;
    this.messages = [];
    this.terminated = false;
  }

  postMessage(message, transfer) {
    this.messages.push({message, transfer});
    queueMicrotask(() => this.answer(message, (data) => this.onmessage({data}), this));
  }

  terminate() {
    this.terminated = true;
  }

  fail(message) {
    this.onerror({message, preventDefault() {}});
  }
}

/** Starts well, then does `rest`. */
const started = (rest = () => {}) => new FakeWorker((message, send, worker) => {
  if (message.type !== 'start') return rest(message, send, worker);
  send({type: 'started', variant: message.variant, schema: 3, net: {name: 'compact'},
    ms: {instantiate: 1, load: 2, selfTest: 3}});
});

test('start hands copies over, so that they can be used again', async () => {
  const worker = started();
  const given = files();
  const engine = await EngineClient.start(() => worker, given);
  assert.equal(engine.variant, 'simd');
  assert.equal(engine.schema, 3);
  assert.equal(engine.net.name, 'compact');
  const [{message, transfer}] = worker.messages;
  assert.equal(message.type, 'start');
  assert.notEqual(message.net, given.net);
  assert.deepEqual(transfer, [message.detector, message.net]);
});

test('a failed step ends the Worker and names the step', async () => {
  const worker = new FakeWorker((message, send) => send({type: 'failed', step: 'self-test', error: 'differs'}));
  await assert.rejects(EngineClient.start(() => worker, files()),
      (error) => error instanceof StartError && error.step === 'self-test' && error.message === 'differs');
  assert.equal(worker.terminated, true);
});

test('a Worker whose script does not load is a failed start', async () => {
  const worker = new FakeWorker((message, send, self) => self.fail(''));
  await assert.rejects(EngineClient.start(() => worker, files()), {step: 'worker'});
  await assert.rejects(EngineClient.start(() => {
    throw new Error('no module workers');
  }, files()), {step: 'worker'});
});

test('a Worker that never answers is a failed start', async () => {
  const worker = new FakeWorker(() => {});
  await assert.rejects(EngineClient.start(() => worker, files(), 10), {step: 'worker', message: /no answer/});
  assert.equal(worker.terminated, true);
});

test('answers find their questions, whatever their order', async () => {
  const waiting = [];
  const worker = started((message, send) => {
    waiting.push(message);
    if (waiting.length === 2) for (const {id, file} of waiting.reverse()) send({type: 'result', id, record: {file}});
  });
  const engine = await EngineClient.start(() => worker, files());
  const [a, b] = await Promise.all([
    engine.picture('a.jpg', new ArrayBuffer(1), 24e6), engine.picture('b.jpg', new ArrayBuffer(1), 24e6)]);
  assert.equal(a.record.file, 'a.jpg');
  assert.equal(b.record.file, 'b.jpg');
});

test('an error has the code, the words and the size', async () => {
  const worker = started(({id}, send) => send({type: 'error', id, width: 9000, height: 8000,
    error: {code: 'too_large', message: 'too many pixels'}}));
  const engine = await EngineClient.start(() => worker, files());
  await assert.rejects(engine.picture('a.jpg', new ArrayBuffer(1), 24e6), (error) =>
    error instanceof EngineError && error.code === 'too_large' && error.width === 9000 && error.height === 8000);
});

test('a refused net leaves the old one', async () => {
  const worker = started(({id, file}, send) => send(file === 'bad.agm' ?
      {type: 'error', id, error: {code: 'model_magic', message: 'no model'}, width: 0, height: 0} :
      {type: 'net', id, net: {name: 'notebook'}}));
  const engine = await EngineClient.start(() => worker, files());
  await assert.rejects(engine.useNet('bad.agm', new ArrayBuffer(1)), {code: 'model_magic'});
  assert.equal(engine.net.name, 'compact');
  await engine.useNet('good.agm', new ArrayBuffer(1));
  assert.equal(engine.net.name, 'notebook');
});

test('a crash rejects all that wait, once, and says why', async () => {
  const worker = started();
  const engine = await EngineClient.start(() => worker, files());
  const crashes = [];
  engine.oncrash = (why) => crashes.push(why);
  const asked = [engine.again(), engine.again()];
  worker.fail('unreachable executed');
  for (const answer of asked) await assert.rejects(answer, {code: 'crashed'});
  worker.fail('again');
  assert.deepEqual(crashes, ['unreachable executed']);
  assert.equal(worker.terminated, true);
});

test('the next variant is tried when one fails, and failures are told', async () => {
  const tried = [];
  const {started: engine, failures} = await startFirstThatWorks(['relaxed', 'simd'], async (variant) => {
    tried.push(variant);
    if (variant === 'relaxed') throw new StartError('self-test', 'age differs');
    return variant;
  });
  assert.equal(engine, 'simd');
  assert.deepEqual(tried, ['relaxed', 'simd']);
  assert.deepEqual(failures, [{variant: 'relaxed', step: 'self-test', error: 'age differs'}]);
});

test('no variant that works is no engine', async () => {
  const {started: engine, failures} = await startFirstThatWorks(['simd'], async () => {
    throw new Error('odd');
  });
  assert.equal(engine, null);
  assert.deepEqual(failures, [{variant: 'simd', step: 'start', error: 'odd'}]);
});
