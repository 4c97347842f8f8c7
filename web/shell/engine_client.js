// The page's end of the engine's Worker: one promise per message (docs/page.md has the messages).
/** @import {NetInfo, Prediction, VariantFailure} from './types.js' */

/** An answer of type `error`, or the end of the Worker (code `crashed`). */
export class EngineError extends Error {
  /** @param {string} code of shared/base/status.h @param {string} message */
  constructor(code, message, width = 0, height = 0) {
    super(message);
    this.code = code;
    this.width = width;  // upright, of the picture; 0 where unknown
    this.height = height;
  }
}

/** A start that failed, with the step that did: 'fetch', 'compile', 'worker', 'instantiate', ... */
export class StartError extends Error {
  /** @param {string} step @param {string} message */
  constructor(step, message) {
    super(message);
    this.step = step;
  }
}

/**
 * @typedef {object} StartFiles
 * @property {string} variant
 * @property {WebAssembly.Module} module
 * @property {ArrayBuffer} detector
 * @property {ArrayBuffer} net
 * @property {string} netFile
 * @property {{tolerance: number, version?: string, values: number[]}} selfTest
 */

/** @typedef {{instantiate: number, load: number, selfTest: number}} StartTimes ms */

/** Time for a start, of which most is the self-test; a Worker that hangs answers never. */
const START_LIMIT_MS = 60_000;

export class EngineClient {
  /**
   * Starts a Worker and waits for its self-test. Throws StartError; the Worker is gone then.
   * @param {() => Worker} createWorker
   * @param {StartFiles} files copied, so that the caller can start another one with them
   * @param {number} [limitMs] after which the start has failed, in step 'worker'
   * @returns {Promise<EngineClient>}
   */
  static async start(createWorker, files, limitMs = START_LIMIT_MS) {
    let worker;
    let timer;
    try {
      worker = createWorker();
    } catch (error) {
      throw new StartError('worker', String(error));
    }
    try {
      const started = await new Promise((resolve, reject) => {
        timer = setTimeout(() => reject(new StartError('worker', `no answer within ${limitMs / 1000} s`)),
            limitMs);
        worker.onmessage = ({data}) => {
          if (data.type === 'started') resolve(data);
          if (data.type === 'failed') reject(new StartError(data.step, errorText(data.error)));
        };
        worker.onerror = (event) => {
          event.preventDefault();
          reject(new StartError('worker', event.message || 'the script did not load or stopped'));
        };
        const detector = files.detector.slice(0);
        const net = files.net.slice(0);
        worker.postMessage({...files, type: 'start', detector, net}, [detector, net]);
      });
      return new EngineClient(worker, started);
    } catch (error) {
      worker.terminate();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * @param {Worker} worker
   * @param {{variant: string, schema: number, net: NetInfo, ms: StartTimes}} started
   */
  constructor(worker, started) {
    this.worker = worker;
    this.variant = started.variant;
    /** Of the records. @type {number} */
    this.schema = started.schema;
    this.net = started.net;
    this.startMs = started.ms;
    /** Called once, after all pending promises are rejected. @type {(why: string) => void} */
    this.oncrash = () => {};
    this.nextId = 1;
    /** @type {Map<number, {resolve: (answer: any) => void, reject: (error: Error) => void}>} */
    this.pending = new Map();
    worker.onmessage = ({data}) => this.#answer(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#crash(event.message || 'the engine stopped');
    };
    worker.onmessageerror = () => this.#crash('a message could not be read');
  }

  /**
   * @param {string} file @param {ArrayBuffer} bytes gone afterwards @param {number} maxPixels
   * @returns {Promise<Prediction>}
   */
  picture(file, bytes, maxPixels) {
    return this.#request({type: 'picture', file, bytes, maxPixels}, [bytes]);
  }

  /**
   * @param {{file: string, rgba: ArrayBuffer, width: number, height: number, fullWidth: number,
   *     fullHeight: number}} pixels `rgba` is gone afterwards
   * @returns {Promise<Prediction>}
   */
  pixels(pixels) {
    return this.#request({type: 'pixels', ...pixels}, [pixels.rgba]);
  }

  /**
   * The next frame of a video, or the first of another one.
   * @param {{file: string, rgba: ArrayBuffer, width: number, height: number, first: boolean}} frame
   *     `rgba` is gone afterwards
   * @returns {Promise<Prediction>} whose faces have tracks
   */
  frame(frame) {
    return this.#request({type: 'frame', ...frame}, [frame.rgba]);
  }

  /** Predicts from the picture kept last. @returns {Promise<Prediction>} */
  again() {
    return this.#request({type: 'again'}, []);
  }

  /** @param {string} file @param {ArrayBuffer} bytes gone afterwards @returns {Promise<NetInfo>} */
  async useNet(file, bytes) {
    const answer = await this.#request({type: 'net', file, bytes}, [bytes]);
    this.net = answer.net;
    return answer.net;
  }

  /** @param {object} message @param {Transferable[]} transfer @returns {Promise<any>} */
  #request(message, transfer) {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, {resolve, reject});
      this.worker.postMessage({...message, id}, transfer);
    });
  }

  /** @param {any} data */
  #answer(data) {
    const waiting = this.pending.get(data.id);
    if (waiting === undefined) return;
    this.pending.delete(data.id);
    if (data.type !== 'error') return waiting.resolve(data);
    waiting.reject(new EngineError(data.error.code, data.error.message, data.width, data.height));
  }

  /** @param {string} why */
  #crash(why) {
    this.worker.terminate();
    const waiting = [...this.pending.values()];
    this.pending.clear();
    for (const {reject} of waiting) reject(new EngineError('crashed', why));
    this.oncrash(why);
    this.oncrash = () => {};
  }
}

/** @param {unknown} error a text, or {code, message} */
function errorText(error) {
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  return String(error);
}

/**
 * Tries one variant after the other.
 * @template T
 * @param {string[]} variants best first
 * @param {(variant: string) => Promise<T>} start
 * @returns {Promise<{started: T|null, failures: VariantFailure[]}>}
 */
export async function startFirstThatWorks(variants, start) {
  /** @type {VariantFailure[]} */
  const failures = [];
  for (const variant of variants) {
    try {
      return {started: await start(variant), failures};
    } catch (error) {
      const step = error instanceof StartError ? error.step : 'start';
      failures.push({variant, step, error: error instanceof Error ? error.message : String(error)});
    }
  }
  return {started: null, failures};
}
