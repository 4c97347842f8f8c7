// The page as a test drives it, and the fixtures of every browser test.
import {expect, test as base} from '@playwright/test';
import {readFileSync} from 'node:fs';
import {basename} from 'node:path';

import {readPng} from './pictures.mjs';
import {SITE} from './places.mjs';
import {copyOfSite, Server} from './server.mjs';

const TYPES = {png: 'image/png', jpg: 'image/jpeg', webp: 'image/webp'};

/** @param {string} name */
function typeOf(name) {
  return TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
}

export class App {
  /** @param {import('@playwright/test').Page} page @param {Server} server */
  constructor(page, server) {
    this.page = page;
    this.server = server;
    this.html = page.locator('html');
    this.status = page.locator('#status');
    this.note = page.locator('#note');
    this.details = page.locator('#details-list');
    this.rows = page.locator('#results-body tr');
    this.stage = page.locator('#stage');
    this.cameraButton = page.locator('#camera-button');
    this.pager = page.locator('#pager');
    /** Requests when the page said ready; -1: it has not. */
    this.requestsAtReady = -1;
  }

  /** Loads the page until it is ready. @param {string} query @param {Server} [server] another site's */
  async open(query = '', server = this.server) {
    await this.load(query, server);
    // Looks at every frame: a request soon after ready must not count as one before.
    await this.page.waitForFunction(() => document.documentElement.dataset.state !== 'loading');
    this.requestsAtReady = this.server.requests().length;
    const state = await this.html.getAttribute('data-state');
    expect(state, await this.details.innerText()).toBe('ready');
  }

  /** Loads the page and does not wait. @param {string} query @param {Server} [server] */
  async load(query = '', server = this.server) {
    this.server = server;
    await this.page.goto(server.url + query);
  }

  /** The page gets no WebGL2. Call it before open(). */
  withoutWebGL() {
    return this.page.addInitScript(() => {
      const get = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function(kind, ...rest) {
        return kind === 'webgl2' ? null : get.call(this, kind, ...rest);
      };
    });
  }

  /** Ends the engine's Worker by an error of its own, until the page has started another one. */
  async crash() {
    const [worker] = this.page.workers();
    await worker.evaluate(() => {
      setTimeout(() => {
        throw new Error('a crash on purpose');
      });
    });
    await expect(this.status).toContainText('was started again');
    await expect(this.html).toHaveAttribute('data-state', 'ready');
    this.requestsAtReady = this.server.requests().length;  // the Worker's script is asked for again
  }

  /** Requests since the page said ready. @returns {string[]} */
  requestsAfterReady() {
    // The tab's icon is asked for by the browser itself, at a time of its own.
    return this.server.requests().slice(this.requestsAtReady)
        .filter((line) => !line.startsWith('GET /icon.svg '));
  }

  /**
   * @param {...(string|{name: string, buffer: Buffer})} files paths, or bytes with a name
   */
  async choose(...files) {
    await this.page.locator('#choose-picture').setInputFiles(files.map(payload));
    await this.settle();
  }

  /** @param {string|{name: string, buffer: Buffer}} file */
  async chooseModel(file) {
    await this.page.locator('#choose-model').setInputFiles(payload(file));
    await this.settle();
  }

  /** Files dropped on the page. @param {...string} paths */
  async drop(...paths) {
    const dataTransfer = await this.#transferOf(paths);
    for (const name of ['dragenter', 'dragover', 'drop']) {
      await this.page.locator('main').dispatchEvent(name, {dataTransfer});
    }
    await this.settle();
  }

  /** Files pasted into the page. @param {...string} paths */
  async paste(...paths) {
    const transfer = await this.#transferOf(paths);
    await this.page.evaluate((clipboardData) => document.body.dispatchEvent(
        new ClipboardEvent('paste', {clipboardData, bubbles: true, cancelable: true})), transfer);
    await this.settle();
  }

  /** @param {string[]} paths @returns a DataTransfer in the page */
  #transferOf(paths) {
    const files = paths.map((path) => ({name: basename(path), type: typeOf(path),
      base64: readFileSync(path).toString('base64')}));
    return this.page.evaluateHandle((all) => {
      const transfer = new DataTransfer();
      for (const {name, type, base64} of all) {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        transfer.items.add(new File([bytes], name, {type}));
      }
      return transfer;
    }, files);
  }

  /** Until nothing is in work: no picture, no model. */
  async settle() {
    await this.page.waitForFunction(() => document.documentElement.dataset.busy === 'false');
  }

  /** @param {number} index of a face @returns {Promise<number>} years, as a person reads them */
  async shownAge(index) {
    return Number(await this.rows.nth(index).locator('td').nth(1).textContent());
  }

  /** What “Download JSON” gives. @returns {Promise<object[]>} */
  async downloaded() {
    const [download] =
        await Promise.all([this.page.waitForEvent('download'), this.page.click('#download-button')]);
    const lines = readFileSync(await download.path(), 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line));
  }

  /**
   * A picture in another format, of the browser's own making.
   * @param {string} type @param {string} path of a picture @returns {Promise<Buffer>}
   */
  async encoded(type, path) {
    const base64 = await this.page.evaluate(async ([data, encoding]) => {
      const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes]));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      canvas.getContext('2d').drawImage(bitmap, 0, 0);
      const blob = await canvas.convertToBlob({type: encoding, quality: 0.95});
      const encodedBytes = new Uint8Array(await blob.arrayBuffer());
      return btoa(Array.from(encodedBytes, (byte) => String.fromCharCode(byte)).join(''));
    }, [readFileSync(path).toString('base64'), type]);
    return Buffer.from(base64, 'base64');
  }

  framesDrawn() {
    return this.page.evaluate(() => window.agPage.framesDrawn());
  }

  selected() {
    return this.page.evaluate(() => window.agPage.selected());
  }

  records() {
    return this.page.evaluate(() => window.agPage.records());
  }

  /** Until a frame newer than `frames` is on the canvas and no further one follows. @param {number} frames */
  async drawn(frames) {
    await this.page.waitForFunction((before) => window.agPage.framesDrawn() > before, frames);
    const rests = await this.page.evaluate(async () => {
      const MOST_FRAMES = 300;
      for (let waited = 0; waited < MOST_FRAMES; waited++) {
        const last = window.agPage.framesDrawn();
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        if (window.agPage.framesDrawn() === last) return true;
      }
      return false;
    });
    expect(rests, 'the stage stops drawing').toBe(true);
  }

  /** What a person sees of the stage, a pixel for each CSS pixel. */
  async stagePixels() {
    return readPng(await this.page.locator('#stage-frame').screenshot({scale: 'css'}));
  }
}

/** @param {string|{name: string, buffer: Buffer}} file */
function payload(file) {
  const {name, buffer} =
      typeof file === 'string' ? {name: basename(file), buffer: readFileSync(file)} : file;
  return {name, buffer, mimeType: typeOf(name)};
}

/** Violations of the page's policy are collected in the page itself, also those that print nothing. */
function collectViolations() {
  window.policyViolations = [];
  addEventListener('securitypolicyviolation', (event) =>
    window.policyViolations.push(`${event.effectiveDirective} refused ${event.blockedURI}`));
}

export const test = base.extend({
  /** Console errors that a test means to cause; null: none. @type {RegExp|null} */
  allowedErrors: [null, {option: true}],

  siteServer: [async ({}, use) => {
    const server = await Server.start(SITE);
    await use(server);
    await server.stop();
  }, {scope: 'worker'}],

  /** Serves a changed copy of the site, until after the page that shows it is left: see `app`. */
  serveCopy: async ({}, use) => {
    const servers = [];
    await use(async (change) => {
      const server = await Server.start(copyOfSite(change));
      servers.push(server);
      return server;
    });
    await Promise.all(servers.map((server) => server.stop()));
  },

  /**
   * Fails the test for an error on the console, a violated policy, or a request after ready.
   *
   * It needs serveCopy, and before the page, so that those servers outlive both: a test may end while
   * the page still fetches (a start that fails lets the other fetches go on), and a server that is gone
   * by then would be an error on the console that the page is not to blame for.
   */
  app: async ({serveCopy: _, page, siteServer, allowedErrors}, use) => {
    const problems = [];
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(`not caught: ${error.message}`));
    await page.addInitScript(collectViolations);
    const app = new App(page, siteServer);
    await use(app);
    problems.push(...await page.evaluate(() => window.policyViolations));
    const unexpected = problems.filter((problem) => !allowedErrors?.test(problem));
    expect.soft(unexpected, 'console errors and violations of the policy').toEqual([]);
    if (app.requestsAtReady >= 0) {
      expect.soft(app.requestsAfterReady(), 'requests after ready').toEqual([]);
    }
  },
});

export {expect};

/** @param {object} a @param {object} b faces @returns {number} largest difference of a side, pixels */
function boxDistance(a, b) {
  return Math.max(...['x', 'y', 'width', 'height'].map((side) => Math.abs(a.box[side] - b.box[side])));
}

/**
 * A record of the page against the command line's: same faces (in any order, since equal scores differ in
 * their last digits), boxes within half a pixel, ages within a tenth of a year, the same flags.
 * @param {object} record @param {object} native
 */
export function expectSameFaces(record, native) {
  expect(record.faces).toHaveLength(native.faces.length);
  expect(record.rotation).toBe(native.rotation);
  for (const face of record.faces) {
    const [other] = [...native.faces].sort((a, b) => boxDistance(face, a) - boxDistance(face, b));
    expect(boxDistance(face, other), 'box').toBeLessThanOrEqual(0.5);
    expect(Math.abs(face.age - other.age), 'age').toBeLessThanOrEqual(0.1);
    expect(Math.abs(face.p_female - other.p_female), 'p_female').toBeLessThanOrEqual(0.01);
    expect(face.flags).toEqual(other.flags);
  }
}

/** All names in a value, as paths. @param {unknown} value @returns {string[]} */
export function namesOf(value, path = '') {
  if (Array.isArray(value)) return value.length === 0 ? [] : namesOf(value[0], `${path}[]`);
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, inner]) => namesOf(inner, `${path}.${name}`)).sort();
}
