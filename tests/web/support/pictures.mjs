// Pictures and a video for the tests, written by hand: PNG, and YUV4MPEG2 for the fake camera.
import {readFileSync} from 'node:fs';
import {crc32, deflateSync} from 'node:zlib';
import {PNG} from 'pngjs';

/** @typedef {{width: number, height: number, data: Buffer}} Rgba [height, width, 4] uint8 */

/** @param {string|Buffer} png a path or the bytes @returns {Rgba} */
export function readPng(png) {
  return PNG.sync.read(typeof png === 'string' ? readFileSync(png) : png);
}

/** @param {string} type @param {Buffer} body */
function chunk(type, body) {
  const name = Buffer.from(type, 'latin1');
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(crc32(Buffer.concat([name, body])));
  return Buffer.concat([head, name, body, tail]);
}

/**
 * An 8-bit RGB PNG. Each row is written as its difference to the one above, so that the equal rows of
 * an enlarged picture cost nothing.
 * @param {number} width @param {number} height
 * @param {(y: number) => Buffer} row [width, 3] uint8; may return the same buffer again
 */
export function encodePng(width, height, row) {
  const FILTER_UP = 2;
  const rows = Buffer.alloc(height * (1 + width * 3));
  let above = Buffer.alloc(width * 3);
  for (let y = 0, at = 0; y < height; y++) {
    const current = row(y);
    rows[at++] = FILTER_UP;
    if (current !== above) {
      for (let i = 0; i < current.length; i++) rows[at + i] = current[i] - above[i];
    }
    at += current.length;
    above = current;
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);  // bits, RGB, deflate, filters by row, not interlaced
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header), chunk('IDAT', deflateSync(rows, {level: 1})), chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** @param {Rgba} picture @param {number} y @param {number} factor a pixel becomes `factor` wide */
function enlargedRow(picture, y, factor) {
  const row = Buffer.alloc(picture.width * factor * 3);
  for (let x = 0; x < picture.width * factor; x++) {
    const from = (y * picture.width + Math.floor(x / factor)) * 4;
    picture.data.copy(row, x * 3, from, from + 3);
  }
  return row;
}

/** @param {Rgba} picture @param {number} factor each pixel becomes a square of so many */
export function enlargedPng(picture, factor) {
  let kept = Buffer.alloc(0);
  return encodePng(picture.width * factor, picture.height * factor, (y) => {
    if (y % factor === 0) kept = enlargedRow(picture, y / factor, factor);
    return kept;
  });
}

/** @param {Rgba} picture @param {number} count copies side by side, and as many below each other */
export function tiledRgba(picture, count) {
  const width = picture.width * count;
  const height = picture.height * count;
  const rgba = Buffer.alloc(width * height * 4);
  for (let y = 0; y < height; y++) {
    const from = y % picture.height * picture.width * 4;
    for (let copy = 0; copy < count; copy++) {
      picture.data.copy(rgba, (y * width + copy * picture.width) * 4, from, from + picture.width * 4);
    }
  }
  return {rgba, width, height};
}

/** @param {Rgba} picture @param {number} count copies side by side */
export function repeatedPng(picture, count) {
  return encodePng(picture.width * count, picture.height,
      (y) => Buffer.concat(Array(count).fill(enlargedRow(picture, y, 1))));
}

/**
 * A group photograph: the picture, shrunk to squares, in rows that are not quite straight.
 * @param {Rgba} picture square @param {number} columns @param {number} rows @param {number} side pixels
 */
export function groupPng(picture, columns, rows, side) {
  const factor = picture.width / side;
  const height = rows * side + 20;
  return encodePng(columns * side, height, (y) => {
    const row = Buffer.alloc(columns * side * 3, 90);
    for (let x = 0; x < columns * side; x++) {
      const drop = Math.floor(x / side) % 2 * 20;  // pixels: every other one stands lower
      if (y < drop || y >= drop + rows * side) continue;
      const sum = meanOf(picture, Math.floor(x % side * factor), Math.floor((y - drop) % side * factor),
          Math.max(1, Math.floor(factor)));
      row.set(sum, x * 3);
    }
    return row;
  });
}

/** @param {Rgba} picture @param {number} left @param {number} top @param {number} side pixels @returns {number[]} RGB */
function meanOf(picture, left, top, side) {
  const sum = [0, 0, 0];
  for (let y = top; y < top + side; y++) {
    for (let x = left; x < left + side; x++) {
      const at = (y * picture.width + x) * 4;
      for (let channel = 0; channel < 3; channel++) sum[channel] += picture.data[at + channel];
    }
  }
  return sum.map((value) => Math.round(value / side ** 2));
}

/** Turned by 90 degrees clockwise. @param {Rgba} picture square */
export function turnedPng({width, height, data}) {
  return encodePng(height, width, (y) => {
    const row = Buffer.alloc(height * 3);
    for (let x = 0; x < height; x++) {
      const from = ((height - 1 - x) * width + y) * 4;
      data.copy(row, x * 3, from, from + 3);
    }
    return row;
  });
}

/** Each channel times a factor. @param {Rgba} picture @param {number} factor */
export function dimmedPng({width, height, data}, factor) {
  return encodePng(width, height, (y) => {
    const row = Buffer.alloc(width * 3);
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        row[x * 3 + channel] = Math.min(255, data[(y * width + x) * 4 + channel] * factor);
      }
    }
    return row;
  });
}

/** @param {number} width @param {number} height @param {number[]} rgb */
export function plainPng(width, height, rgb) {
  const row = Buffer.alloc(width * 3, Buffer.from(rgb));
  return encodePng(width, height, () => row);
}

/** @typedef {{left: number, top: number, side: number}} Place where the picture stands, pixels */

/**
 * A video for the fake camera, which plays it in a loop: a square picture on gray, at some places of each
 * frame. 4:2:0, full range (JPEG), 15 frames a second.
 * @param {Rgba} picture square @param {number} width even @param {number} height even
 * @param {Place[][]} frames
 */
export function videoOf(picture, width, height, frames) {
  const parts = [Buffer.from(`YUV4MPEG2 W${width} H${height} F15:1 Ip A1:1 C420jpeg\n`)];
  for (const places of frames) parts.push(Buffer.from('FRAME\n'), ...planes(picture, width, height, places));
  return Buffer.concat(parts);
}

/** As high as the frame, swaying by some pixels. @param {number} width @param {number} height @param {number} frames */
export function swaying(width, height, frames) {
  return Array.from({length: frames}, (_, frame) =>
    [{left: (width - height) / 2 + Math.round(6 * Math.sin(2 * Math.PI * frame / frames)), top: 0, side: height}]);
}

/**
 * Two people who sway; the left one is gone for some frames in the middle, as behind a hand.
 * @param {number} width @param {number} frames @param {number} gone
 */
export function twoPeople(width, frames, gone) {
  return Array.from({length: frames}, (_, frame) => {
    const sway = Math.round(8 * Math.sin(2 * Math.PI * frame / frames));
    const right = {left: width / 2 + 20 - sway, top: 120, side: 260};
    const hidden = Math.abs(frame - frames / 2) < gone / 2;
    return hidden ? [right] : [{left: 20 + sway, top: 60, side: 260}, right];
  });
}

/** @param {Rgba} picture @param {Place[]} places @param {number} x @param {number} y of the frame */
function colourAt(picture, places, x, y) {
  for (const {left, top, side} of places) {
    const column = Math.floor((x - left) * picture.width / side);
    const row = Math.floor((y - top) * picture.height / side);
    if (column < 0 || row < 0 || column >= picture.width || row >= picture.height) continue;
    const from = (row * picture.width + column) * 4;
    return picture.data.subarray(from, from + 3);
  }
  return [128, 128, 128];
}

/** @param {Rgba} picture @param {number} width @param {number} height @param {Place[]} places */
function planes(picture, width, height, places) {
  const y = Buffer.alloc(width * height);
  const u = Buffer.alloc(width * height / 4);
  const v = Buffer.alloc(width * height / 4);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [r, g, b] = colourAt(picture, places, column, row);
      y[row * width + column] = 0.299 * r + 0.587 * g + 0.114 * b;
      if (row % 2 === 0 && column % 2 === 0) {
        const at = row / 2 * (width / 2) + column / 2;
        u[at] = 128 - 0.168736 * r - 0.331264 * g + 0.5 * b;
        v[at] = 128 + 0.5 * r - 0.418688 * g - 0.081312 * b;
      }
    }
  }
  return [y, u, v];
}

/**
 * Mean colour of a square around a pixel.
 * @param {Rgba} picture @param {number} x @param {number} y @param {number} radius
 * @returns {number[]} RGB
 */
export function meanColour(picture, x, y, radius) {
  const sum = [0, 0, 0];
  for (let dy = -radius; dy <= radius; dy++) {
    for (let dx = -radius; dx <= radius; dx++) {
      const at = ((Math.round(y) + dy) * picture.width + Math.round(x) + dx) * 4;
      for (let channel = 0; channel < 3; channel++) sum[channel] += picture.data[at + channel];
    }
  }
  return sum.map((value) => value / (2 * radius + 1) ** 2);
}

/** Largest difference of a channel. @param {number[]} a @param {number[]} b */
export function colourDistance(a, b) {
  return Math.max(...a.map((value, channel) => Math.abs(value - b[channel])));
}

/** @param {Rgba} a @param {Rgba} b of the same size @returns {number} pixels that differ */
export function differentPixels(a, b) {
  let count = 0;
  for (let i = 0; i < a.data.length; i += 4) {
    if (a.data.compare(b.data, i, i + 4, i, i + 4) !== 0) count++;
  }
  return count;
}
