// Files that a person chose, dropped or pasted: which kind they are, and the browser's own decoder for
// pictures that the engine does not read.
import {EngineError} from './engine_client.js';

/** Above this the browser decodes and shrinks: a bigger picture in WebAssembly can kill a phone's tab. */
export const MAX_PIXELS = 24_000_000;

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
 * Decodes with the browser, upright, shrunk to MAX_PIXELS. An <img> and not createImageBitmap, since
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
    const size = fitPixels(fullWidth, fullHeight, MAX_PIXELS);
    const rgba = drawToPixels(await decoded(image), size.width, size.height);
    return {rgba, ...size, fullWidth, fullHeight};
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
 * @param {HTMLImageElement} image @param {number} width @param {number} height
 * @returns {ArrayBuffer} RGBA
 */
function drawToPixels(image, width, height) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', {willReadFrequently: true});
  if (context === null) throw new EngineError('out_of_memory', 'no canvas of this size');
  // Transparent pixels become white, not the black that hides dark hair.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, width, height);
  try {
    return context.getImageData(0, 0, width, height).data.buffer;
  } catch {
    throw new EngineError('out_of_memory', 'no canvas of this size');
  } finally {
    canvas.width = 0;  // gives the memory back at once
  }
}
