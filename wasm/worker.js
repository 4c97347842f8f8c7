// The Worker of the page: one engine module, one picture at a time (docs/page.md: messages).
//
// It fetches nothing: the compiled module and the models come with the first message. Served by
// `ag_native serve` its own Content-Security-Policy refuses every request; where a server sends no
// headers, what could send one is taken away below.

for (const name of ['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource', 'WebTransport', 'importScripts']) {
  if (globalThis[name]) Object.defineProperty(globalThis, name, {value: undefined, configurable: false, writable: false});
}

const PREVIEW_SIDE = 2048;
const COLOURS = ['rgb', 'bgr', 'gray'];

/** The engine's exports; null until `start` succeeded. */
let engine = null;
let netFile = '';
let netBytes = 0;
/** Of the picture that is kept: {file, fullWidth, fullHeight} or null. */
let kept = null;

class EngineError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

function text(pointer) {
  return engine.UTF8ToString(pointer);
}

function check(status) {
  if (status !== 0) throw new EngineError(text(engine._ag_error_code()), text(engine._ag_error_message()));
}

/** Calls `use(pointer, length)` with a copy of `bytes` in the engine's memory. */
function withBytes(bytes, use) {
  const pointer = engine._ag_alloc(bytes.byteLength || 1);
  if (pointer === 0) throw new EngineError('out_of_memory', `no memory for ${bytes.byteLength} bytes`);
  try {
    engine.HEAPU8.set(new Uint8Array(bytes), pointer);
    return use(pointer, bytes.byteLength);
  } finally {
    engine._ag_free(pointer);
  }
}

function netInfo() {
  return {
    file: netFile,
    name: text(engine._ag_net_text(0)),
    licence: text(engine._ag_net_text(1)),
    source: text(engine._ag_net_text(2)),
    width: engine._ag_net_number(0),
    height: engine._ag_net_number(1),
    colour: COLOURS[engine._ag_net_number(2)],
    age: engine._ag_net_number(3) === 1 ? 'distribution' : 'value',
    parameters: engine._ag_net_number(4),
    bytes: netBytes,
  };
}

/** What the engine writes of its last prediction: the command line's record. */
function makeRecord(file) {
  return JSON.parse(withBytes(new TextEncoder().encode(file),
      (pointer, length) => text(engine._ag_record(pointer, length))));
}

function floats(pointer, count) {
  return engine.HEAPF32.slice(pointer / 4, pointer / 4 + count);
}

function makePreview() {
  const pointer = engine._ag_preview(PREVIEW_SIDE);
  if (pointer === 0) return null;
  const width = engine._ag_preview_width();
  const height = engine._ag_preview_height();
  const rgba = engine.HEAPU8.slice(pointer, pointer + width * height * 4).buffer;
  engine._ag_release_preview();
  return {width, height, rgba};
}

/** Of the last prediction. @param {number} decode -1: nothing was decoded */
function times(decode) {
  const [detect, align, predict] = [0, 1, 2].map((stage) => engine._ag_milliseconds(stage));
  return {decode, detect, align, predict};
}

/** Answers with what the last prediction found. */
function answer(id, {file}, decodeMs, wantPreview) {
  const record = makeRecord(file);
  const binCount = engine._ag_bin_count();
  const distributions = record.faces.map(
      (_, index) => binCount > 0 ? floats(engine._ag_ages(index), binCount) : new Float32Array(0));
  const bins = binCount > 0 ? floats(engine._ag_bins(), binCount) : null;
  const ms = {...times(decodeMs), preview: 0};
  const before = performance.now();
  const preview = wantPreview ? makePreview() : null;
  ms.preview = performance.now() - before;
  postMessage({type: 'result', id, record, bins, distributions, ms, preview}, preview ? [preview.rgba] : []);
}

function answerHeld(id, source, decodeMs, wantPreview) {
  check(engine._ag_predict(source.fullWidth, source.fullHeight));
  answer(id, source, decodeMs, wantPreview);
}

function holdPixels(rgba, width, height) {
  if (rgba.byteLength !== width * height * 4) {
    throw new EngineError('invalid_argument', `${rgba.byteLength} bytes for ${width} x ${height} pixels`);
  }
  kept = null;
  withBytes(rgba, (pointer) => check(engine._ag_set_pixels(pointer, width, height)));
}

function answerPicture({id, file, bytes, maxPixels}) {
  const started = performance.now();
  withBytes(bytes, (pointer, length) => {
    kept = null;
    check(engine._ag_decode(pointer, length, maxPixels));
  });
  kept = {file, fullWidth: engine._ag_picture_width(), fullHeight: engine._ag_picture_height()};
  answerHeld(id, kept, performance.now() - started, true);
}

function answerPixels({id, file, rgba, width, height, fullWidth, fullHeight}) {
  const started = performance.now();
  holdPixels(rgba, width, height);
  kept = {file, fullWidth, fullHeight};
  answerHeld(id, kept, performance.now() - started, true);
}

/** The next frame of a video, or the first of another one. */
function answerFrame({id, file, rgba, width, height, first}) {
  const started = performance.now();
  if (first) engine._ag_video_reset();
  holdPixels(rgba, width, height);
  kept = {file, fullWidth: width, fullHeight: height};
  const decodeMs = performance.now() - started;
  check(engine._ag_predict_frame());
  answer(id, kept, decodeMs, false);
}

function answerAgain({id}) {
  if (!kept) throw new EngineError('no_picture', 'there is no picture to look at again');
  answerHeld(id, kept, -1, false);
}

function useNet(file, bytes) {
  withBytes(bytes, (pointer, length) => check(engine._ag_load_net(pointer, length)));
  netFile = file;
  netBytes = bytes.byteLength;
}

function answerNet({id, file, bytes}) {
  useNet(file, bytes);
  postMessage({type: 'net', id, net: netInfo()});
}

async function start({variant, module, detector, net, netFile: file, selfTest}) {
  let step = 'instantiate';
  try {
    let lap = performance.now();
    const ms = {};
    const elapsed = () => {
      const now = performance.now();
      const result = now - lap;
      lap = now;
      return result;
    };
    const {default: createEngine} = await import(`./engine_${variant}.js`);
    engine = await new Promise((resolve, reject) => {
      createEngine({
        instantiateWasm: (imports, done) => {
          WebAssembly.instantiate(module, imports).then((instance) => done(instance, module), reject);
          return {};
        },
      }).then(resolve, reject);
    });
    ms.instantiate = elapsed();
    step = 'load';
    withBytes(detector, (pointer, length) => check(engine._ag_load_detector(pointer, length)));
    useNet(file, net);
    ms.load = elapsed();
    step = 'self-test';
    const values = new Float32Array(selfTest.values);
    withBytes(values.buffer, (pointer) => check(engine._ag_self_test(pointer, values.length, selfTest.tolerance)));
    ms.selfTest = elapsed();
    postMessage({type: 'started', variant, schema: engine._ag_schema(), net: netInfo(), ms});
  } catch (error) {
    engine = null;
    postMessage({type: 'failed', step, error: described(error)});
  }
}

function described(error) {
  return {code: error.code ?? 'internal', message: String(error.message ?? error)};
}

/** The size of a picture that was refused, where its header tells it. */
function probedSize(message) {
  if (message.type !== 'picture') return {width: 0, height: 0};
  try {
    withBytes(message.bytes, (pointer, length) => check(engine._ag_probe(pointer, length)));
    return {width: engine._ag_picture_width(), height: engine._ag_picture_height()};
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    return {width: 0, height: 0};
  }
}

const ANSWERS = {picture: answerPicture, pixels: answerPixels, frame: answerFrame, again: answerAgain, net: answerNet};

addEventListener('message', (event) => {
  const message = event.data;
  if (message.type === 'start') {
    start(message);
    return;
  }
  try {
    if (!engine) throw new EngineError('unavailable', 'the engine has not started');
    ANSWERS[message.type](message);
  } catch (error) {
    // A trap leaves the module in no known state: the page starts a new Worker.
    if (error instanceof WebAssembly.RuntimeError) throw error;
    postMessage({type: 'error', id: message.id, error: described(error), ...probedSize(message)});
  }
});
