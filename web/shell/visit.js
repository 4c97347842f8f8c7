// The pictures of this visit, to step through. Pixels are kept as a JPEG blob once another picture is
// shown: those of a hundred pictures would not fit into a phone's memory otherwise.
/** @import {PictureRecord, Scene, ShownFace, StageTimes} from './types.js' */

/**
 * @typedef {object} Source where a prediction's pixels came from
 * @property {string} note for a person; '' if there is nothing to say
 * @property {string} decoder
 * @property {boolean} mirror
 * @property {boolean} live
 */

/**
 * @typedef {object} Entry one picture, or one run of the camera
 * @property {PictureRecord} record
 * @property {string} words what the live region said of it
 * @property {File|null} file to predict it again; null: the camera's
 * @property {Shown|null} shown null: it could not be read
 */

/**
 * @typedef {object} Shown
 * @property {ShownFace[]} faces
 * @property {Float32Array|null} bins
 * @property {StageTimes} ms
 * @property {Source} source
 * @property {Scene['image']|Blob} image
 */

const QUALITY = 0.92;  // of the JPEG

/** @param {NonNullable<Scene['image']>} image copied at once @returns {HTMLCanvasElement} */
function canvasOf(image) {
  const canvas = document.createElement('canvas');
  canvas.width = image.width;
  canvas.height = image.height;
  const context = canvas.getContext('2d');
  if (context === null) return canvas;
  if (image instanceof HTMLCanvasElement) context.drawImage(image, 0, 0);
  else context.putImageData(new ImageData(new Uint8ClampedArray(image.rgba), image.width, image.height), 0, 0);
  return canvas;
}

/**
 * Replaces an entry's pixels by a blob, a moment later. Where the browser cannot encode, they stay.
 * @param {Entry} entry
 */
export function pack(entry) {
  const image = entry.shown?.image ?? null;
  if (entry.shown === null || image === null || image instanceof Blob) return;
  const {shown} = entry;
  const canvas = canvasOf(image);
  shown.image = canvas;  // a camera's canvas goes on with another picture
  canvas.toBlob((blob) => {
    if (blob !== null && shown.image === canvas) shown.image = blob;
  }, 'image/jpeg', QUALITY);
}

/**
 * The pixels of an entry, unpacked.
 * @param {Entry} entry @returns {Promise<Scene['image']>}
 */
export async function pixelsOf(entry) {
  const image = entry.shown?.image ?? null;
  if (!(image instanceof Blob)) return image;
  const bitmap = await createImageBitmap(image);
  const canvas = document.createElement('canvas');
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas;
}

/** The entries and which of them is shown. */
export class Visit {
  constructor() {
    /** @type {Entry[]} */
    this.entries = [];
    this.index = -1;
  }

  get current() {
    return this.index < 0 ? null : this.entries[this.index];
  }

  get records() {
    return this.entries.map(({record}) => record);
  }

  /** The last one is shown, or nothing is. */
  get atEnd() {
    return this.index === this.entries.length - 1;
  }

  /** @param {Entry} entry @param {boolean} show it becomes the current one */
  add(entry, show) {
    this.entries.push(entry);
    if (show) this.go(this.entries.length - 1);
    else pack(entry);
  }

  /** @param {Entry} old @param {Entry} entry takes its place */
  replace(old, entry) {
    const index = this.entries.indexOf(old);
    if (index >= 0) this.entries[index] = entry;
  }

  /** @param {number} index */
  go(index) {
    if (index === this.index) return;
    if (this.current !== null) pack(this.current);
    this.index = index;
  }
}
