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

/** @param {Rgba} picture @param {number} count copies side by side */
export function repeatedPng(picture, count) {
  return encodePng(picture.width * count, picture.height,
      (y) => Buffer.concat(Array(count).fill(enlargedRow(picture, y, 1))));
}

/** @param {number} width @param {number} height @param {number[]} rgb */
export function plainPng(width, height, rgb) {
  const row = Buffer.alloc(width * 3, Buffer.from(rgb));
  return encodePng(width, height, () => row);
}

/**
 * The picture in the middle of each frame, as high as the frame, swaying by some pixels: what the fake
 * camera plays in a loop. 4:2:0, full range (JPEG).
 * @param {Rgba} picture square @param {number} width even @param {number} height even
 * @param {number} frames
 */
export function videoOf(picture, width, height, frames) {
  const parts = [Buffer.from(`YUV4MPEG2 W${width} H${height} F15:1 Ip A1:1 C420jpeg\n`)];
  for (let frame = 0; frame < frames; frame++) {
    const sway = Math.round(6 * Math.sin(2 * Math.PI * frame / frames));
    parts.push(Buffer.from('FRAME\n'), ...planes(picture, width, height, sway));
  }
  return Buffer.concat(parts);
}

/** @param {Rgba} picture @param {number} width @param {number} height @param {number} sway pixels */
function planes(picture, width, height, sway) {
  const y = Buffer.alloc(width * height);
  const u = Buffer.alloc(width * height / 4);
  const v = Buffer.alloc(width * height / 4);
  const scale = picture.height / height;
  const left = (width - height) / 2 + sway;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const x = Math.floor((column - left) * scale);
      const inside = x >= 0 && x < picture.width;
      const from = (Math.floor(row * scale) * picture.width + x) * 4;
      const [r, g, b] = inside ? picture.data.subarray(from, from + 3) : [128, 128, 128];
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
