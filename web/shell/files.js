// Files that a person chose, dropped or pasted: which kind they are, and the browser's own decoder for
// pictures that the engine does not read.
import {EngineError} from './engine_client.js';

/** Above this the browser decodes and shrinks: a bigger picture in WebAssembly can kill a phone's tab. */
export const MAX_PIXELS = 24_000_000;

/** The largest canvas of iOS: a larger one stays empty there, without an error. */
const SMALL_CANVAS_PIXELS = 16_777_216;

/** The command line's limit for a file. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Browsers need 4 bytes a pixel to decode before they can shrink: 1.2 GB at this limit. */
export const MAX_BROWSER_PIXELS = 300_000_000;

/** The codes after which the browser's decoder is worth a try. */
const BROWSER_MAY_READ = new Set(['too_large', 'unknown_format', 'unsupported_image']);

/** @param {string} code */
export function browserMayRead(code) {
  return BROWSER_MAY_READ.has(code);
}

/**
 * @template {{name: string}} F
 * @param {Iterable<F>} files
 * @returns {{models: F[], pictures: F[]}} told apart by the name: what is no model is a picture until
 *     the decoder says otherwise
 */
export function sortFiles(files) {
  const all = [...files];
  const isModel = (/** @type {F} */ file) => file.name.toLowerCase().endsWith('.agm');
  return {models: all.filter(isModel), pictures: all.filter((file) => !isModel(file))};
}

/**
 * The largest size of the same proportions with at most `maxPixels`.
 * @param {number} width @param {number} height @param {number} maxPixels
 */
export function fitPixels(width, height, maxPixels) {
  const scale = Math.min(1, Math.sqrt(maxPixels / (width * height)));
  return scaled(width, height, scale);
}

/**
 * The largest size of the same proportions whose longer side is at most `maxSide`.
 * @param {number} width @param {number} height @param {number} maxSide
 */
export function fitSide(width, height, maxSide) {
  return scaled(width, height, Math.min(1, maxSide / Math.max(width, height)));
}

/** @param {number} width @param {number} height @param {number} scale at most 1 */
function scaled(width, height, scale) {
  return {
    width: Math.max(1, Math.floor(width * scale)),
    height: Math.max(1, Math.floor(height * scale)),
  };
}

/**
 * @param {Blob} file
 * @returns {Promise<ArrayBuffer>} throws EngineError `io`, `empty` or `too_large`
 */
export async function readFile(file) {
  if (file.size > MAX_FILE_BYTES) {
    throw new EngineError('too_large',
        `the file has ${Math.ceil(file.size / 1048576)} MiB, of ${MAX_FILE_BYTES / 1048576} at most`);
  }
  let bytes;
  try {
    bytes = await file.arrayBuffer();
  } catch {
    throw new EngineError('io', 'the file could not be read');
  }
  if (bytes.byteLength === 0) throw new EngineError('empty', 'the file is empty');
  return bytes;
}

/**
 * Decodes with the browser, upright, shrunk to MAX_PIXELS or to what its canvas can hold. An <img> and not createImageBitmap, since
 * only it tells the size before any pixel is decoded.
 * @param {Blob} file
 * @returns {Promise<{rgba: ArrayBuffer, width: number, height: number, fullWidth: number,
 *     fullHeight: number}>} throws EngineError
 */
export async function decodeWithBrowser(file) {
  const url = URL.createObjectURL(file);
  try {
    const image = new Image();
    image.src = url;
    await new Promise((resolve, reject) => {
      image.onload = resolve;
      image.onerror = () => reject(new EngineError('unknown_format', 'no decoder knows it'));
    });
    const fullWidth = image.naturalWidth;
    const fullHeight = image.naturalHeight;
    if (fullWidth === 0 || fullHeight === 0) throw new EngineError('unknown_format', 'it has no size');
    if (fullWidth * fullHeight > MAX_BROWSER_PIXELS) {
      throw new EngineError('too_large', 'too many pixels', fullWidth, fullHeight);
    }
    return {...drawToPixels(await decoded(image), fullWidth, fullHeight), fullWidth, fullHeight};
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** @param {HTMLImageElement} image decoded off the main thread where the browser can */
async function decoded(image) {
  try {
    await image.decode();
  } catch {
    throw new EngineError('corrupt_image', 'the browser could not decode it');
  }
  return image;
}

/**
 * @param {CanvasImageSource} image @param {number} fullWidth @param {number} fullHeight
 * @param {() => HTMLCanvasElement} [createCanvas]
 * @returns {{rgba: ArrayBuffer, width: number, height: number}} the size that a canvas could hold; throws
 *     EngineError `out_of_memory`
 */
export function drawToPixels(image, fullWidth, fullHeight,
    createCanvas = () => document.createElement('canvas')) {
  for (const maxPixels of [MAX_PIXELS, SMALL_CANVAS_PIXELS]) {
    const {width, height} = fitPixels(fullWidth, fullHeight, maxPixels);
    const rgba = drawAt(image, width, height, createCanvas());
    if (rgba !== null) return {rgba, width, height};
  }
  throw new EngineError('out_of_memory', 'no canvas of this size');
}

/**
 * @param {CanvasImageSource} image @param {number} width @param {number} height
 * @param {HTMLCanvasElement} canvas
 * @returns {ArrayBuffer|null} RGBA; null: the canvas cannot hold as much
 */
function drawAt(image, width, height, canvas) {
  canvas.width = width;
  canvas.height = height;
  try {
    const context = canvas.getContext('2d', {willReadFrequently: true});
    if (context === null) return null;
    // Transparent pixels become white, not the black that hides dark hair.
    context.fillStyle = '#fff';
    context.fillRect(0, 0, width, height);
    context.imageSmoothingQuality = 'high';
    context.drawImage(image, 0, 0, width, height);
    const {data} = context.getImageData(0, 0, width, height);
    // What is not opaque after the white was never drawn.
    const middle = Math.floor(width * height / 2);
    const drawn = [0, middle, width * height - 1].every((pixel) => data[4 * pixel + 3] === 255);
    return drawn ? data.buffer : null;
  } catch {
    return null;
  } finally {
    canvas.width = 0;  // gives the memory back at once
  }
}
