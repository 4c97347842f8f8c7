// The stage for browsers without WebGL2: picture, boxes and the chart of ages on a 2D canvas. It draws
// once per change and needs no frame loop.
import {ageText, genderOf, timesLine} from './words.js';
import {observeSize} from './stage.js';
/** @import {Face, Scene, ShownFace, Stage} from './types.js' */

const PADDING = 12;       // CSS pixels
const CHART_HEIGHT = 96;  // CSS pixels, with its axis
const AXIS_HEIGHT = 20;
const AXIS_STEP = 20;  // years
const LABEL_HEIGHT = 22;
const FONT = '13px system-ui, sans-serif';

const LIGHT = {ground: '#eef0f3', text: '#15181e', muted: '#545b68', line: '#d6dae1', accent: '#1f4fd1',
  band: '#d3def8'};
const DARK = {ground: '#14171c', text: '#e9ebf0', muted: '#a2aab8', line: '#323843', accent: '#8fb0ff',
  band: '#26345a'};

/**
 * The largest rectangle of the picture's proportions in an area, in its middle.
 * @param {number} width @param {number} height of the picture
 * @param {{x: number, y: number, width: number, height: number}} area
 */
export function fitInto(width, height, area) {
  const scale = Math.min(area.width / width, area.height / height);
  return {
    x: area.x + (area.width - width * scale) / 2,
    y: area.y + (area.height - height * scale) / 2,
    width: width * scale,
    height: height * scale,
    scale,
  };
}

/** @typedef {{x: number, y: number, width: number, height: number}} Rectangle CSS pixels */

/** @param {Rectangle} a @param {Rectangle} b */
function overlap(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Faces with all of their label: a crowd would be papered over. */
const GROUP = 24;

/**
 * What a face's label may say, longest first; a lone face has no number.
 * @param {ShownFace} shown @param {number} count of faces @param {boolean} chosen
 */
export function labelTexts({number, face}, count, chosen) {
  const {label, percent} = genderOf(face.p_female);
  const age = String(Math.round(face.age));
  const before = count > 1 ? `${number}: ` : '';
  const short = count > 1 ? [before + age, String(number)] : [age];
  return count > GROUP && !chosen ? short : [`${before}${ageText(face.age)}, ${label} ${percent} %`, ...short];
}

/**
 * The density of each bin: its share over its width, which reaches half way to its neighbours.
 * @param {Float32Array} bins years, rising; two or more @param {Float32Array} weights
 * @returns {Float32Array}
 */
export function densities(bins, weights) {
  const last = bins.length - 1;
  return weights.map((weight, bin) => {
    const before = bin > 0 ? bins[bin] - bins[bin - 1] : bins[1] - bins[0];
    const behind = bin < last ? bins[bin + 1] - bins[bin] : before;
    return 2 * weight / (before + behind);
  });
}

/** @implements {Stage} */
export class FallbackStage {
  kind = /** @type {const} */ ('2D canvas');

  /** @param {HTMLCanvasElement} canvas @param {(index: number) => void} onselect */
  constructor(canvas, onselect) {
    this.canvas = canvas;
    this.onselect = onselect;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    this.picture = document.createElement('canvas');
    /** @type {Scene|null} */
    this.scene = null;
    this.selected = -1;
    this.variant = '';
    this.width = 0;  // CSS pixels
    this.height = 0;
    this.ratio = 1;
    this.drawn = 0;
    this.frameRequest = 0;
    this.listeners = new AbortController();
    const signal = this.listeners.signal;
    this.dark = matchMedia('(prefers-color-scheme: dark)');
    this.dark.addEventListener('change', () => this.#request(), {signal});
    canvas.addEventListener('click', (event) => this.#click(event), {signal});
    this.observer = observeSize(canvas, (width, height, ratio) => {
      Object.assign(this, {width, height, ratio});
      this.#request();
    });
  }

  frames() {
    return this.drawn;
  }

  /** @param {Scene|null} scene */
  show(scene) {
    this.scene = scene;
    if (scene?.image) this.#keep(scene.image);
    this.#request();
  }

  /** @param {number} index */
  select(index) {
    this.selected = index;
    this.#request();
  }

  /** @param {string} variant */
  engine(variant) {
    this.variant = variant;
    this.#request();
  }

  destroy() {
    this.listeners.abort();
    this.observer.disconnect();
    cancelAnimationFrame(this.frameRequest);
  }

  /**
   * Copies the pixels: a camera's canvas gets the next frame while this one is shown.
   * @param {{width: number, height: number, rgba: Uint8ClampedArray}|HTMLCanvasElement} image
   */
  #keep(image) {
    this.picture.width = image.width;
    this.picture.height = image.height;
    const context = /** @type {CanvasRenderingContext2D} */ (this.picture.getContext('2d'));
    if (image instanceof HTMLCanvasElement) return context.drawImage(image, 0, 0);
    const pixels = new Uint8ClampedArray(image.rgba);
    context.putImageData(new ImageData(pixels, image.width, image.height), 0, 0);
  }

  #request() {
    if (this.frameRequest !== 0) return;
    this.frameRequest = requestAnimationFrame(() => {
      this.frameRequest = 0;
      this.#draw();
    });
  }

  #draw() {
    if (this.width === 0) return;
    this.drawn++;
    this.canvas.dataset.frames = String(this.drawn);
    const {context} = this;
    const colours = this.dark.matches ? DARK : LIGHT;
    this.#fitCanvas();
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.fillStyle = colours.ground;
    context.fillRect(0, 0, this.width, this.height);
    if (this.scene === null) return;
    context.font = FONT;
    const place = this.#place(this.scene);
    this.#drawPicture(this.scene, place);
    this.#drawTimes(this.scene, place);
    this.#drawFaces(this.scene.faces, place, colours);
    if (this.#hasChart(this.scene)) this.#drawChart(this.scene, colours);
  }

  #fitCanvas() {
    const width = Math.round(this.width * this.ratio);
    const height = Math.round(this.height * this.ratio);
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
  }

  /** @param {Scene} scene */
  #hasChart(scene) {
    return scene.bins !== null && scene.bins.length > 1 &&
        (scene.faces[this.selected]?.distribution?.length ?? 0) > 0;
  }

  /** Where the picture lies. @param {Scene} scene */
  #place(scene) {
    const chart = scene.bins !== null && scene.faces.length > 0 ? CHART_HEIGHT + PADDING : 0;
    return fitInto(scene.width, scene.height, {
      x: PADDING, y: PADDING, width: this.width - 2 * PADDING, height: this.height - 2 * PADDING - chart,
    });
  }

  /** @param {Scene} scene @param {ReturnType<typeof fitInto>} place */
  #drawPicture(scene, place) {
    const {context} = this;
    context.save();
    context.imageSmoothingQuality = 'high';
    if (scene.mirror) {
      context.translate(2 * place.x + place.width, 0);
      context.scale(-1, 1);
    }
    context.drawImage(this.picture, place.x, place.y, place.width, place.height);
    context.restore();
  }

  /** In the picture's lower left corner. @param {Scene} scene @param {ReturnType<typeof fitInto>} place */
  #drawTimes(scene, place) {
    const line = timesLine(this.variant, scene.ms);
    if (line === '') return;
    const {context} = this;
    const y = place.y + place.height - 22;
    const width = Math.min(context.measureText(line).width + 12, this.width);
    const x = Math.min(place.x, this.width - width);
    context.fillStyle = 'rgba(16, 18, 24, 0.7)';
    context.fillRect(x, y, width, 22);
    context.fillStyle = '#ffffff';
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.fillText(line, x + 6, y + 11, width - 12);  // narrower letters on a phone
  }

  /**
   * A face's box on the canvas, in CSS pixels.
   * @param {Face} face @param {ReturnType<typeof fitInto>} place
   */
  #box(face, place) {
    const scene = /** @type {Scene} */ (this.scene);
    const {x, y, width, height} = face.box;
    const left = scene.mirror ? scene.width - x - width : x;
    return {
      x: place.x + left * place.scale,
      y: place.y + y * place.scale,
      width: width * place.scale,
      height: height * place.scale,
    };
  }

  /**
   * All boxes, then the labels that find a place: the selected face's first, then those of large faces.
   * @param {ShownFace[]} faces @param {ReturnType<typeof fitInto>} place @param {typeof LIGHT} colours
   */
  #drawFaces(faces, place, colours) {
    const boxes = faces.map(({face}) => this.#box(face, place));
    const order = [...faces.keys()].filter((index) => faces[index].seen).sort((a, b) =>
      Number(b === this.selected) - Number(a === this.selected) || boxes[b].width - boxes[a].width);
    for (const index of order) this.#drawBox(boxes[index], index === this.selected);
    /** @type {Rectangle[]} */
    const taken = [];
    for (const index of order) {
      const chosen = index === this.selected;
      const label = this.#placeLabel(labelTexts(faces[index], faces.length, chosen), boxes[index], taken);
      if (label === null) continue;
      taken.push(label);
      this.#drawLabel(label, chosen, colours);
    }
  }

  /** @param {Rectangle} box @param {boolean} chosen */
  #drawBox(box, chosen) {
    const {context} = this;
    // A dark line under a light one is seen on every picture.
    context.lineWidth = chosen ? 5 : 4;
    context.strokeStyle = 'rgba(0, 0, 0, 0.55)';
    context.strokeRect(box.x, box.y, box.width, box.height);
    context.lineWidth = chosen ? 3 : 1.5;
    context.strokeStyle = chosen ? DARK.accent : '#ffffff';
    context.strokeRect(box.x, box.y, box.width, box.height);
  }

  /**
   * Above or below the box, the longest text that covers no other label.
   * @param {string[]} texts longest first @param {Rectangle} box @param {Rectangle[]} taken
   * @returns {(Rectangle & {text: string})|null}
   */
  #placeLabel(texts, box, taken) {
    for (const text of texts) {
      const width = this.context.measureText(text).width + 12;
      const x = Math.max(0, Math.min(box.x, this.width - width));
      for (const y of [Math.max(0, box.y - 24), box.y + box.height + 2]) {
        const label = {x, y, width, height: LABEL_HEIGHT, text};
        if (y + LABEL_HEIGHT <= this.height && !taken.some((other) => overlap(label, other))) return label;
      }
    }
    return null;
  }

  /** @param {Rectangle & {text: string}} label @param {boolean} chosen @param {typeof LIGHT} colours */
  #drawLabel(label, chosen, colours) {
    const {context} = this;
    context.fillStyle = chosen ? colours.accent : 'rgba(16, 18, 24, 0.85)';
    context.fillRect(label.x, label.y, label.width, label.height);
    context.fillStyle = chosen ? colours.ground : '#ffffff';
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.fillText(label.text, label.x + 6, label.y + label.height / 2);
  }

  /** The selected face's distribution with its interval and mean. @param {Scene} scene */
  #drawChart(scene, /** @type {typeof LIGHT} */ colours) {
    const {context} = this;
    const bins = /** @type {Float32Array} */ (scene.bins);
    const {face, distribution} = scene.faces[this.selected];
    const weights = /** @type {Float32Array} */ (distribution);
    const first = bins[0];
    const last = bins[bins.length - 1];
    const left = PADDING + 10;  // half of the last year's label stands beyond the axis
    const width = this.width - 2 * left;
    const bottom = this.height - PADDING - AXIS_HEIGHT;
    const height = CHART_HEIGHT - AXIS_HEIGHT;
    const atYear = (/** @type {number} */ year) => left + (year - first) / (last - first) * width;
    // Bins need not be equally far apart: the height is the share over the width.
    const heights = densities(bins, weights);
    const highest = Math.max(...heights);
    if (face.age_low !== null && face.age_high !== null) {
      context.fillStyle = colours.band;
      context.fillRect(
          atYear(face.age_low), bottom - height, atYear(face.age_high) - atYear(face.age_low), height);
    }
    context.beginPath();
    context.moveTo(left, bottom);
    heights.forEach((share, bin) => context.lineTo(atYear(bins[bin]), bottom - share / highest * height));
    context.lineTo(left + width, bottom);
    context.fillStyle = colours.accent;
    context.globalAlpha = 0.75;
    context.fill();
    context.globalAlpha = 1;
    context.fillStyle = colours.text;
    context.fillRect(atYear(face.age) - 1, bottom - height, 2, height);
    context.fillStyle = colours.line;
    context.fillRect(left, bottom, width, 1);
    context.fillStyle = colours.muted;
    context.textAlign = 'center';
    context.textBaseline = 'top';
    for (let year = Math.ceil(first / AXIS_STEP) * AXIS_STEP; year <= last; year += AXIS_STEP) {
      context.fillText(String(year), atYear(year), bottom + 4);
    }
  }

  /** @param {MouseEvent} event */
  #click(event) {
    if (this.scene === null) return;
    const bounds = this.canvas.getBoundingClientRect();
    const x = event.clientX - bounds.left;
    const y = event.clientY - bounds.top;
    const place = this.#place(this.scene);
    const hit = this.scene.faces.findIndex(({face, seen}) => {
      const box = this.#box(face, place);
      return seen && x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
    });
    if (hit === -1 || hit === this.selected) return;
    this.select(hit);
    this.onselect(hit);
  }
}
