// The page: takes pictures, models and camera frames, asks the engine, and shows what it answers.
import {bootEngine, bootStage, startEngine} from './boot.js';
import {Camera, cameraContext} from './camera.js';
import {EngineError} from './engine_client.js';
import {People, shownFaces} from './faces.js';
import {browserMayRead, decodeWithBrowser, MAX_PIXELS, readFile, sortFiles} from './files.js';
import {Loader} from './loading.js';
import {byId, ResultsView, setText} from './results.js';
import {pixelsOf, Visit} from './visit.js';
import {browserDecodedNote, CameraAnnouncer, cameraErrorText, canvasLabel, detailRows, jsonLine, jsonLines, loadingText,
  modelChosenText, modelRefusedText, modelUsedText, notReadNote, notTakenText, pagerText, pictureErrorText,
  pictureFlagsNote, resultSentence, rotationNote, stepText, timesLine, WORDS, workingText}
  from './words.js';
/** @import {EngineClient, StartFiles} from './engine_client.js' */
/** @import {PictureRecord, Prediction, Scene, ShownFace, Stage, VariantFailure} from './types.js' */
/** @import {Entry, Source} from './visit.js' */

const CAMERA_FILE = 'camera';
const RATE_WEIGHT = 0.1;  // of the newest frame in the smoothed time between frames

/** @type {Source} */
const FROM_ENGINE = {note: '', decoder: 'the engine', mirror: false, live: false};

/** Nobody pastes with a key where there is only a finger. */
const FINGER = matchMedia('(pointer: coarse)');

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

  visit = new Visit();
  /** The newest picture is shown as it comes; false after a step back. */
  following = true;
  /** The picture that the Worker keeps. @type {Entry|null} */ kept = null;
  /** @type {Scene|null} */ scene = null;
  selected = -1;  // index into the scene's faces

  job = 0;  // each picture (or run of the camera) is a new one; answers to an old one are dropped
  working = 0;
  cameraOn = false;  // from the click on
  /** This run of the camera, from its first frame on. @type {Entry|null} */ run = null;
  people = new People();
  firstFrame = true;  // the next frame begins a run
  announcer = new CameraAnnouncer();
  /** @type {number|null} */ frameTime = null;  // ms between frames, smoothed
  lastFrame = 0;
  loader = new Loader((received, total) => this.#showProgress(received, total));

  constructor() {
    this.root = document.documentElement;
    this.results = new ResultsView((index) => this.#select(index));
    FINGER.addEventListener('change', () => {
      if (this.root.dataset.state === 'ready' && this.scene === null) this.#showHint();
    });
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
    this.#say(FINGER.matches ? WORDS.readyFinger : WORDS.ready);
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
    this.visit.go(-1);
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
    this.stageWhy = 'WebGL2 was lost';
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
    this.following = true;
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
      this.kept = pictureEntry(prediction, source, file);
      this.#add(this.kept);
      return true;
    } catch (error) {
      const {code, message, width, height} = asEngineError(error);
      // The restart has its own words, and a newer picture too.
      if (code === 'crashed' || job !== this.job || this.engine === null) return false;
      this.kept = null;
      this.#add({record: {schema: this.engine.schema, file: file.name, error: {code, message}}, file, shown: null,
        words: pictureErrorText(file.name, {code, message}, {width, height})});
      return false;
    }
  }

  /** A new one of this visit; whoever stepped back to another one goes on looking at that. @param {Entry} entry */
  #add(entry) {
    this.visit.add(entry, this.following);
    if (!this.following) return this.#showRest();
    this.#present(entry, pixelsNow(entry));
    this.#say(entry.words, entry.shown === null ? 'error' : 'info');
  }

  /** @param {File} file @returns {Promise<{prediction: Prediction, source: Source}>} */
  async #askForPicture(file) {
    const bytes = await readFile(file);
    this.kept = null;  // until the answer: a newer picture may come before it
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
    const prediction = await this.#running().pixels({file: file.name, ...pixels});
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
      this.people = new People();  // the camera's tracks begin anew
      this.#say(words);
      this.#showDetails();
      await this.#predictAgain(words);
    });
  }

  /** With a new net, from the picture that is shown. @param {string} words said before the result */
  async #predictAgain(words) {
    const entry = this.visit.current;
    if (entry === null || entry.shown === null || this.cameraOn) return;
    const job = this.job;
    try {
      const fresh = await this.#predictedAgain(entry, entry.shown);
      if (fresh === null || job !== this.job) return;
      this.kept = fresh;
      this.visit.replace(entry, fresh);
      if (this.visit.current !== fresh) return;
      this.#present(fresh, this.scene?.image ?? null);
      this.#say(`${words} ${fresh.words}`);
    } catch (error) {
      const {code, message} = asEngineError(error);
      // Without a picture the new net is all there is to tell.
      if (code === 'crashed' || code === 'no_picture' || job !== this.job) return;
      this.visit.go(-1);
      this.#clear();
      this.#say(pictureErrorText(entry.record.file, {code, message}), 'error');
    }
  }

  /**
   * @param {Entry} entry @param {NonNullable<Entry['shown']>} shown its own
   * @returns {Promise<Entry|null>} null: its pixels are gone
   */
  async #predictedAgain(entry, shown) {
    if (entry === this.kept) {
      const prediction = await this.#running().again();
      return pictureEntry(prediction, {...shown.source, live: false}, entry.file, shown.image);
    }
    if (entry.file === null) return null;
    const {prediction, source} = await this.#askForPicture(entry.file);
    return pictureEntry(prediction, source, entry.file);
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
    this.run = null;
    this.people = new People();
    this.firstFrame = true;
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
    this.#showRest();
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
    const first = this.firstFrame;
    this.firstFrame = false;
    try {
      const prediction = await this.#running().frame(
          {file: CAMERA_FILE, rgba: pixels.data.buffer, width, height, first});
      if (job !== this.job) return;
      this.#measureRate();
      this.#showFrame(prediction, canvas);
    } catch (error) {
      const {code, message} = asEngineError(error);
      if (code !== 'crashed' && job === this.job) this.#stopCamera(message, 'error');
    }
  }

  /** The last frame of a run stands for the run. @param {Prediction} prediction @param {HTMLCanvasElement} canvas */
  #showFrame(prediction, canvas) {
    const {record, bins, ms} = prediction;
    const now = performance.now();
    const faces = this.people.next(record, prediction.distributions, now);
    const inView = faces.filter(({seen}) => seen).map(({face}) => face);
    const source = {note: '', decoder: 'the camera', mirror: this.camera.mirror, live: true};
    if (this.run === null) {
      this.run = {record, words: '', file: null, shown: null};
      this.visit.add(this.run, true);
    }
    Object.assign(this.run, {record, words: resultSentence(inView), shown: {faces, bins, ms, source, image: canvas}});
    this.kept = this.run;
    this.#present(this.run, canvas);
    const words = this.announcer.next(inView, now);
    if (words !== null && this.cameraOn) this.#say(words);
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

  // --- showing ----------------------------------------------------------------------------------

  /** @param {Entry} entry @param {Scene['image']} image null: the pixels that the stage has stay */
  #present(entry, image) {
    const {record, shown} = entry;
    if (shown === null) return this.#clear();
    const {faces, bins, ms, source} = shown;
    const number = source.live ? this.scene?.faces[this.selected]?.number : undefined;
    this.scene = {width: record.width ?? 0, height: record.height ?? 0, faces, bins, ms, mirror: source.mirror,
      live: source.live, image};
    byId('overlay').hidden = true;
    this.stage?.show(this.scene);
    this.results.show(record, faces, source.live);
    // Who was chosen before the camera stays chosen, wherever the list has him now.
    const same = faces.findIndex((face) => face.number === number);
    this.#select(same >= 0 ? same : faces.length > 0 ? 0 : -1);
    this.#note([source.note, pictureFlagsNote(record.flags ?? []), rotationNote(record.rotation ?? 0)]
        .filter((words) => words !== '').join(' '));
    this.#showRest();
  }

  /** Nothing to show: the hint comes back. */
  #clear() {
    this.scene = null;
    this.stage?.show(null);
    this.results.show(null, [], false);
    this.#select(-1);
    this.#note('');
    this.#showHint();
    this.#showRest();
  }

  #showRest() {
    byId('stage').setAttribute('aria-label', canvasLabel(this.scene === null ? null : this.visit.current?.record ?? null));
    byId('actions').hidden = this.visit.entries.length === 0;
    this.#showPager();
    this.#showDetails();
  }

  // --- stepping through the pictures of this visit ---------------------------------------------

  #showPager() {
    const {entries, index} = this.visit;
    byId('pager').hidden = entries.length < 2 || this.cameraOn;
    setText(byId('pager-text'), pagerText(index, entries.length));
    // Not `disabled`, which would take the keyboard's focus away at the first and at the last picture.
    byId('previous-button').setAttribute('aria-disabled', String(index === 0));
    byId('next-button').setAttribute('aria-disabled', String(index < 0 || this.visit.atEnd));
  }

  /** @param {number} by -1 or 1 */
  async #step(by) {
    const {entries} = this.visit;
    // Where nothing is shown, what was shown last comes back.
    const index = this.visit.index < 0 ? entries.length - 1 : this.visit.index + by;
    if (index < 0 || index >= entries.length) return;
    this.visit.go(index);
    this.following = this.visit.atEnd;
    const entry = entries[index];
    const image = await pixelsOf(entry);
    if (this.visit.current !== entry || this.cameraOn) return;
    this.#present(entry, image);
    this.#say(stepText(index, entries.length, entry.record.file, entry.words),
        entry.shown === null ? 'error' : 'info');
  }

  /** @param {number} index -1: none; from the table or from the stage */
  #select(index) {
    this.selected = index;
    this.results.select(index);
    this.stage?.select(index);
  }

  #showDetails() {
    const times = byId('times');
    const shown = this.scene === null ? null : this.visit.current?.shown ?? null;
    const line = this.engine === null || shown === null ? '' : timesLine(this.engine.variant, shown.ms);
    setText(times, line);
    times.hidden = line === '';
    this.results.details(detailRows({
      variant: this.engine?.variant ?? null,
      forced: this.forced,
      unknownVariant: this.unknownVariant,
      failures: this.failures,
      startMs: this.engine?.startMs ?? null,
      version: this.files?.selfTest.version ?? '',
      stage: `${this.stage?.kind ?? 'none'}${this.stageWhy === '' ? '' : ` (${this.stageWhy})`}`,
      net: this.engine?.net ?? null,
      ms: shown?.ms ?? null,
      decoder: shown?.source.decoder ?? '',
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
    this.#overlay(WORDS.hintTitle, FINGER.matches ? WORDS.hintFinger : WORDS.hintText);
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
    byId('previous-button').addEventListener('click', () => this.#step(-1));
    byId('next-button').addEventListener('click', () => this.#step(1));
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

  /** The record of what is shown, whether it has faces or an error; else the newest. */
  async #copy() {
    try {
      const {records} = this.visit;
      await navigator.clipboard.writeText(jsonLine(this.visit.current?.record ?? records[records.length - 1]));
      this.#say(WORDS.copied);
    } catch {
      this.#say(WORDS.copyFailed, 'error');
    }
  }

  #download() {
    const url = URL.createObjectURL(new Blob([jsonLines(this.visit.records)], {type: 'application/x-ndjson'}));
    const link = document.createElement('a');
    link.href = url;
    link.download = 'ag-results.jsonl';
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);  // Safari reads it after the click
  }
}

/**
 * @param {Prediction} prediction @param {Source} source @param {File|null} file
 * @param {NonNullable<Entry['shown']>['image']} [image] where the prediction has no preview
 * @returns {Entry}
 */
function pictureEntry({record, bins, distributions, ms, preview}, source, file, image = null) {
  const faces = shownFaces(record.faces ?? [], distributions);
  const pixels = preview === null ? image :
      {width: preview.width, height: preview.height, rgba: new Uint8ClampedArray(preview.rgba)};
  return {record, words: resultSentence(faces.map(({face}) => face)), file,
    shown: {faces, bins, ms, source, image: pixels}};
}

/** Of an entry that was never packed. @param {Entry} entry @returns {Scene['image']} */
function pixelsNow(entry) {
  const image = entry.shown?.image ?? null;
  return image instanceof Blob ? null : image;
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
  records: () => structuredClone(page.visit.records),
  selected: () => page.selected,
})});
