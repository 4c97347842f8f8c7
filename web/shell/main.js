// The page: takes pictures, models and camera frames, asks the engine, and shows what it answers.
import {bootEngine, bootStage, startEngine} from './boot.js';
import {Camera, cameraContext} from './camera.js';
import {EngineError} from './engine_client.js';
import {browserMayRead, decodeWithBrowser, MAX_PIXELS, readFile, sortFiles} from './files.js';
import {Loader} from './loading.js';
import {byId, ResultsView, setText} from './results.js';
import {browserDecodedNote, CameraAnnouncer, cameraErrorText, canvasLabel, detailRows, jsonLines, loadingText,
  modelChosenText, modelRefusedText, modelUsedText, notReadNote, notTakenText, pictureErrorText,
  resultSentence, timesLine, WORDS, workingText}
  from './words.js';
/** @import {EngineClient, StartFiles} from './engine_client.js' */
/** @import {PictureRecord, Prediction, Scene, Stage, VariantFailure} from './types.js' */

const SCHEMA = 1;  // of an error's record (docs/output-schema.md)
const CAMERA_FILE = 'camera';
const RATE_WEIGHT = 0.1;  // of the newest frame in the smoothed time between frames

/**
 * @typedef {object} Source where a prediction's pixels came from
 * @property {string} note for a person; '' if there is nothing to say
 * @property {string} decoder
 * @property {boolean} mirror
 * @property {boolean} live
 * @property {Scene['image']} image null: the preview of the prediction, or what was there
 */

/** @type {Source} */
const FROM_ENGINE = {note: '', decoder: 'the engine', mirror: false, live: false, image: null};

class Page {
  /** @type {EngineClient|null} */ engine = null;
  /** As shipped: its self-test belongs to its net. @type {StartFiles|null} */ files = null;
  /** A person's own model, for a restart. @type {{file: string, bytes: ArrayBuffer}|null} */ ownNet = null;
  /** @type {Stage|null} */ stage = null;
  stageWhy = '';
  /** @type {VariantFailure[]} */ failures = [];
  forced = false;
  /** @type {string|null} */ unknownVariant = null;
  restarted = false;
  whyFailed = '';

  /** What is shown. @type {{record: PictureRecord, ms: Prediction['ms'], source: Source}|null} */
  shown = null;
  /** @type {Scene|null} */ scene = null;
  selected = -1;
  /** One a picture of this visit, and one a run of the camera. @type {PictureRecord[]} */
  records = [];

  job = 0;  // each picture (or run of the camera) is a new one; answers to an old one are dropped
  working = 0;
  cameraOn = false;  // from the click on
  cameraRecorded = false;  // this run of the camera has its record
  announcer = new CameraAnnouncer();
  /** @type {number|null} */ frameTime = null;  // ms between frames, smoothed
  lastFrame = 0;
  loader = new Loader((received, total) => this.#showProgress(received, total));

  constructor() {
    this.root = document.documentElement;
    this.results = new ResultsView((index) => this.#select(index));
    this.camera = new Camera((canvas, pixels) => this.#cameraFrame(canvas, pixels),
        () => this.#stopCamera(WORDS.cameraEnded, 'error'));
    this.cameraButton = byId('camera-button');
    this.cameraSelect = byId('camera-select');
    this.#enable(false);
    this.#listen();
    this.#say(WORDS.loading);
    /** Kept when there is an engine, or when it is known that there is none. */
    this.ready = this.#start();
  }

  // --- start ------------------------------------------------------------------------------------

  async #start() {
    const [engine, stage] = await Promise.all([
      bootEngine(this.loader, location.search),
      bootStage(this.loader, location.search, byId('stage'), {
        onselect: (index) => this.#select(index),
        onreplaced: (other) => this.#replaceStage(other),
      }),
    ]);
    this.stage = stage.stage;
    this.stageWhy = stage.why;
    this.failures = engine.failures;
    this.forced = engine.forced;
    this.unknownVariant = engine.unknown;
    this.files = engine.files;
    if (engine.engine === null) return this.#fail(engine.why);
    this.#useEngine(engine.engine);
    this.#showHint();
    this.#note(stage.note);
    this.#say(WORDS.ready);
    this.#enable(true);
    this.#setState('ready');
  }

  /** @param {EngineClient} engine */
  #useEngine(engine) {
    this.engine = engine;
    engine.oncrash = (why) => {
      this.ready = this.#restart(why);
    };
    this.root.dataset.variant = engine.variant;
    this.stage?.engine(engine.variant);
    this.#showDetails();
  }

  /**
   * The first time the engine dies it gets another Worker; the second time it stays off.
   * @param {string} why
   */
  async #restart(why) {
    const files = /** @type {StartFiles} */ (this.files);
    this.failures.push({variant: files.variant, step: 'run', error: why});
    this.engine = null;
    this.#stopCamera('');
    this.#clear();
    if (this.restarted) return this.#fail(WORDS.engineDead);
    this.restarted = true;
    this.#setState('loading');
    this.#enable(false);
    this.#say(WORDS.engineRestarting, 'error');
    try {
      const engine = await startEngine(files);
      if (this.ownNet !== null) await engine.useNet(this.ownNet.file, this.ownNet.bytes.slice(0));
      this.#useEngine(engine);
    } catch (error) {
      this.failures.push({variant: files.variant, step: 'restart', error: String(error)});
      return this.#fail(WORDS.engineDead);
    }
    this.#say(WORDS.engineRestarted, 'error');
    this.#enable(true);
    this.#setState('ready');
  }

  /** @param {string} words */
  #fail(words) {
    this.engine = null;
    this.whyFailed = words;
    this.#enable(false);
    for (const id of ['choose-picture', 'choose-model']) byId(id).disabled = true;
    this.#overlay(WORDS.failedTitle, words);
    this.#say(words, 'error');
    this.#showDetails();
    byId('details').open = true;
    this.#setState('failed');
  }

  /** @param {'loading'|'ready'|'failed'} state */
  #setState(state) {
    this.root.dataset.state = state;
  }

  /** Pictures and models may be chosen at once, they wait; the camera may not. @param {boolean} on */
  #enable(on) {
    this.cameraButton.disabled = !on;
    this.cameraSelect.disabled = !on;
  }

  /** @param {Stage} stage */
  #replaceStage(stage) {
    this.stage = stage;
    this.stageWhy = 'the graphics card took WebGL2 away';
    if (this.scene !== null) stage.show(this.scene);
    stage.engine(this.engine?.variant ?? '');
    stage.select(this.selected);
    this.#note(WORDS.webGLLost);
    this.#showDetails();
  }

  // --- files ------------------------------------------------------------------------------------

  /** @param {Iterable<File>} files chosen, dropped or pasted */
  async takeFiles(files) {
    const {models, pictures} = sortFiles(files);
    if (this.root.dataset.state === 'failed') {
      const names = [...models, ...pictures].map(({name}) => name);
      return this.#say(notTakenText(names, this.whyFailed), 'error');
    }
    if (models.length > 0) await this.#useModel(models[models.length - 1], models.length);
    if (pictures.length > 0) await this.#predictPictures(pictures);
  }

  /** All in turn, the newest result shown; a newer call ends an older one. @param {File[]} files */
  async #predictPictures(files) {
    const job = ++this.job;
    this.#stopCamera('');
    if (this.engine === null) this.#say(WORDS.waitingForEngine);
    await this.#busy(async () => {
      await this.ready;
      /** @type {string[]} */
      const failed = [];
      for (const [index, file] of files.entries()) {
        if (job !== this.job || this.engine === null) return;
        this.#say(workingText(file.name, index, files.length));
        if (!await this.#predictPicture(file, job)) failed.push(file.name);
      }
      if (job === this.job && failed.length > 0 && files.length > 1) this.#note(notReadNote(failed));
    });
  }

  /** @param {File} file @param {number} job @returns {Promise<boolean>} false: it failed */
  async #predictPicture(file, job) {
    try {
      const {prediction, source} = await this.#askForPicture(file);
      if (job !== this.job) return true;
      this.records.push(prediction.record);
      this.#show(prediction, source);
      this.#say(resultSentence(prediction.record.faces ?? []));
      return true;
    } catch (error) {
      const {code, message, width, height} = asEngineError(error);
      // The restart has its own words, and a newer picture too.
      if (code === 'crashed' || job !== this.job) return false;
      this.records.push({schema: SCHEMA, file: file.name, error: {code, message}});
      this.#clear();
      this.#say(pictureErrorText(file.name, {code, message}, {width, height}), 'error');
      return false;
    }
  }

  /** @param {File} file @returns {Promise<{prediction: Prediction, source: Source}>} */
  async #askForPicture(file) {
    const bytes = await readFile(file);
    let refused;
    try {
      const prediction = await this.#running().picture(file.name, bytes, MAX_PIXELS);
      return {prediction, source: FROM_ENGINE};
    } catch (error) {
      refused = asEngineError(error);
      if (!browserMayRead(refused.code)) throw refused;
    }
    const pixels = await decodeWithBrowser(file).catch((error) => {
      // Where the browser knows no better, the engine's reason stands, as on the command line.
      throw asEngineError(error).code === 'unknown_format' ? refused : error;
    });
    const note = browserDecodedNote(pixels);
    const prediction =
        await this.#running().pixels({file: file.name, ...pixels, keep: true, preview: true});
    return {prediction, source: {...FROM_ENGINE, note, decoder: 'the browser'}};
  }

  #running() {
    if (this.engine === null) throw new EngineError('crashed', 'the engine is not running');
    return this.engine;
  }

  /**
   * @param {File} file an .agm, until the reader says otherwise
   * @param {number} [count] of the models among which it is the last
   */
  async #useModel(file, count = 1) {
    const chosen = modelChosenText(file.name, count);
    await this.#busy(async () => {
      await this.ready;
      if (this.engine === null) return;
      const engine = this.engine;
      try {
        const bytes = await readFile(file);
        const copy = bytes.slice(0);
        await engine.useNet(file.name, bytes);
        this.ownNet = {file: file.name, bytes: copy};
      } catch (error) {
        const {code, message} = asEngineError(error);
        const words = chosen + modelRefusedText(file.name, message, engine.net);
        if (code !== 'crashed') this.#say(words, 'error');
        return;
      }
      const words = chosen + modelUsedText(engine.net);
      this.#say(words);
      this.#showDetails();
      await this.#predictAgain(words);
    });
  }

  /** With a new net, from the picture that is shown. @param {string} words said before the result */
  async #predictAgain(words) {
    if (this.shown === null || this.cameraOn) return;
    const job = this.job;
    const {record, source} = this.shown;
    try {
      const prediction = await this.#running().again();
      if (job !== this.job) return;
      this.records[this.records.length - 1] = prediction.record;
      this.#show(prediction, {...source, live: false});
      this.#say(`${words} ${resultSentence(prediction.record.faces ?? [])}`);
    } catch (error) {
      const {code, message} = asEngineError(error);
      // Without a picture the new net is all there is to tell.
      if (code === 'crashed' || code === 'no_picture' || job !== this.job) return;
      this.#clear();
      this.#say(pictureErrorText(record.file, {code, message}), 'error');
    }
  }

  /** @param {() => Promise<void>} work */
  async #busy(work) {
    this.working++;
    this.root.dataset.busy = 'true';
    try {
      await work();
    } finally {
      this.working--;
      this.root.dataset.busy = String(this.working > 0);
    }
  }

  // --- camera -----------------------------------------------------------------------------------

  /** @param {string} deviceId '' for the one that faces the user */
  async #startCamera(deviceId) {
    this.job++;
    this.cameraOn = true;
    this.cameraRecorded = false;
    this.announcer = new CameraAnnouncer();
    this.frameTime = null;
    this.lastFrame = 0;
    this.#showCameraButton();
    this.#say(WORDS.cameraAsking);
    try {
      if (!await this.camera.start(deviceId)) return;
    } catch (error) {
      const name = error instanceof Error ? error.name : 'Error';
      return this.#stopCamera(cameraErrorText(name, cameraContext()), 'error');
    }
    if (document.hidden) return this.#stopCamera(WORDS.cameraHidden);
    this.#say(WORDS.cameraStarted);
    await this.#showCameras();
  }

  /** @param {string} words @param {string} [kind] */
  #stopCamera(words, kind) {
    if (!this.cameraOn) return;
    this.cameraOn = false;
    this.camera.stop();
    this.frameTime = null;
    this.#showCameraButton();
    if (words !== '') this.#say(words, kind);
    this.#showDetails();
  }

  #showCameraButton() {
    setText(this.cameraButton, this.cameraOn ? WORDS.cameraStop : WORDS.cameraStart);
    this.cameraButton.classList.toggle('active', this.cameraOn);
  }

  /** The list of cameras has names only once one of them is permitted. */
  async #showCameras() {
    const choices = await this.camera.choices();
    const options = choices.map(({id, label}) => new Option(label, id, false, id === this.camera.deviceId));
    this.cameraSelect.replaceChildren(...options);
    byId('camera-choice').hidden = choices.length === 0;
  }

  /** @param {HTMLCanvasElement} canvas holds the frame until this is done @param {ImageData} pixels */
  async #cameraFrame(canvas, pixels) {
    const job = this.job;
    const {width, height} = pixels;
    try {
      const prediction = await this.#running().pixels({file: CAMERA_FILE, rgba: pixels.data.buffer, width,
        height, fullWidth: width, fullHeight: height, keep: true, preview: false});
      if (job !== this.job) return;
      this.#measureRate();
      this.#keepCameraRecord(prediction.record);
      this.#show(prediction,
          {note: '', decoder: 'the camera', mirror: this.camera.mirror, live: true, image: canvas});
      const words = this.announcer.next(prediction.record.faces ?? [], performance.now());
      if (words !== null && this.cameraOn) this.#say(words);
    } catch (error) {
      const {code, message} = asEngineError(error);
      if (code !== 'crashed' && job === this.job) this.#stopCamera(message, 'error');
    }
  }

  #measureRate() {
    const now = performance.now();
    if (this.lastFrame > 0) {
      const time = now - this.lastFrame;
      this.frameTime = this.frameTime === null ? time :
          this.frameTime + RATE_WEIGHT * (time - this.frameTime);
    }
    this.lastFrame = now;
  }

  /** The last frame of a run stands for the run. @param {PictureRecord} record */
  #keepCameraRecord(record) {
    if (this.cameraRecorded) this.records.pop();
    this.cameraRecorded = true;
    this.records.push(record);
  }

  // --- showing ----------------------------------------------------------------------------------

  /** @param {Prediction} prediction @param {Source} source */
  #show(prediction, source) {
    const {record, ms} = prediction;
    const faces = record.faces ?? [];
    const keptImage = source.live ? null : this.scene?.image ?? null;
    const preview = prediction.preview;
    const image = preview === null ? source.image ?? keptImage :
        {width: preview.width, height: preview.height, rgba: new Uint8ClampedArray(preview.rgba)};
    this.shown = {record, ms, source};
    this.scene = {width: record.width ?? 0, height: record.height ?? 0, faces, bins: prediction.bins,
      distributions: prediction.distributions, ms, mirror: source.mirror, live: source.live, image};
    byId('overlay').hidden = true;
    this.stage?.show(this.scene);
    this.results.show(record);
    const kept = source.live && this.selected >= 0 && this.selected < faces.length;
    this.#select(kept ? this.selected : faces.length > 0 ? 0 : -1);
    this.#note(source.note);
    this.#showRest(record);
  }

  /** Nothing to show: the hint comes back. */
  #clear() {
    this.shown = null;
    this.scene = null;
    this.stage?.show(null);
    this.results.show(null);
    this.#select(-1);
    this.#note('');
    this.#showHint();
    this.#showRest(null);
  }

  /** @param {PictureRecord|null} record */
  #showRest(record) {
    byId('stage').setAttribute('aria-label', canvasLabel(record));
    byId('actions').hidden = this.records.length === 0;
    this.#showDetails();
  }

  /** @param {number} index -1: none; from the table or from the stage */
  #select(index) {
    this.selected = index;
    this.results.select(index);
    this.stage?.select(index);
  }

  #showDetails() {
    const times = byId('times');
    const line = this.engine === null || this.shown === null ? '' :
        timesLine(this.engine.variant, this.shown.ms);
    setText(times, line);
    times.hidden = line === '';
    this.results.details(detailRows({
      variant: this.engine?.variant ?? null,
      forced: this.forced,
      unknownVariant: this.unknownVariant,
      failures: this.failures,
      startMs: this.engine?.startMs ?? null,
      stage: `${this.stage?.kind ?? 'none'}${this.stageWhy === '' ? '' : ` (${this.stageWhy})`}`,
      net: this.engine?.net ?? null,
      ms: this.shown?.ms ?? null,
      decoder: this.shown?.source.decoder ?? '',
      framesPerSecond: this.frameTime === null ? null : 1000 / this.frameTime,
    }));
  }

  /** @param {number} received bytes @param {number|null} total */
  #showProgress(received, total) {
    const progress = byId('progress');
    if (total === null) {
      progress.removeAttribute('value');
    } else {
      progress.max = total;
      progress.value = received;
    }
    setText(byId('overlay-text'),
        received === total ? WORDS.startingText : loadingText(received, total));
  }

  #showHint() {
    this.#overlay(WORDS.hintTitle, WORDS.hintText);
  }

  /** @param {string} title @param {string} text */
  #overlay(title, text) {
    setText(byId('overlay-title'), title);
    setText(byId('overlay-text'), text);
    byId('progress').hidden = true;
    byId('overlay').hidden = false;
  }

  /** The live region. @param {string} words @param {string} [kind] 'error' stands out */
  #say(words, kind = 'info') {
    const status = byId('status');
    status.dataset.kind = kind;
    setText(status, words);
  }

  /** The other live region: always in the page, or its first words are not spoken. @param {string} words */
  #note(words) {
    setText(byId('note'), words);
  }

  // --- operating --------------------------------------------------------------------------------

  #listen() {
    for (const id of ['choose-picture', 'choose-model']) {
      const input = byId(id);
      input.addEventListener('change', () => {
        const files = [...input.files];
        input.value = '';  // so that the same file can be chosen again
        if (files.length === 0) return;
        if (id === 'choose-model') this.#useModel(files[0]);
        else this.takeFiles(files);
      });
    }
    this.cameraButton.addEventListener('click', () => {
      if (this.cameraOn) this.#stopCamera(WORDS.cameraStopped);
      else this.#startCamera(this.cameraSelect.value);
    });
    this.cameraSelect.addEventListener('change', () => {
      if (this.cameraOn) this.#startCamera(this.cameraSelect.value);
    });
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.#stopCamera(WORDS.cameraHidden);
    });
    byId('copy-button').addEventListener('click', () => this.#copy());
    byId('download-button').addEventListener('click', () => this.#download());
    if (/Mac|iPhone|iPad/.test(navigator.platform)) setText(byId('paste-keys'), '⌘V');
    this.#listenToDrops();
    document.addEventListener('paste', (event) => this.#takeTransfer(event, event.clipboardData,
        WORDS.pastedNoFile));
  }

  #listenToDrops() {
    const veil = byId('drop-veil');
    let depth = 0;  // enter and leave come for every element that the pointer crosses
    const highlight = (/** @type {number} */ change) => {
      depth = Math.max(0, depth + change);
      veil.hidden = depth === 0;
    };
    document.addEventListener('dragenter', (event) => {
      event.preventDefault();
      highlight(1);
    });
    document.addEventListener('dragover', (event) => event.preventDefault());
    document.addEventListener('dragleave', () => highlight(-1));
    document.addEventListener('drop', (event) => {
      highlight(-Infinity);
      this.#takeTransfer(event, event.dataTransfer, WORDS.droppedNoFile);
    });
  }

  /** @param {Event} event @param {DataTransfer|null} transfer @param {string} noFileWords */
  #takeTransfer(event, transfer, noFileWords) {
    event.preventDefault();
    const files = [...(transfer?.files ?? [])];
    if (files.length > 0) this.takeFiles(files);
    else this.#say(noFileWords, 'error');
  }

  /** The newest record, whether it has faces or an error. */
  async #copy() {
    try {
      await navigator.clipboard.writeText(JSON.stringify(this.records[this.records.length - 1]));
      this.#say(WORDS.copied);
    } catch {
      this.#say(WORDS.copyFailed, 'error');
    }
  }

  #download() {
    const url = URL.createObjectURL(new Blob([jsonLines(this.records)], {type: 'application/x-ndjson'}));
    const link = document.createElement('a');
    link.href = url;
    link.download = 'ag-results.jsonl';
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);  // Safari reads it after the click
  }
}

/** @param {unknown} error */
function asEngineError(error) {
  if (error instanceof EngineError) return error;
  return new EngineError('internal', error instanceof Error ? error.message : String(error));
}

const page = new Page();

// What tests ask the page; nothing in the page uses it.
Object.defineProperty(window, 'agPage', {value: Object.freeze({
  framesDrawn: () => page.stage?.frames() ?? 0,
  records: () => structuredClone(page.records),
  selected: () => page.selected,
})});
