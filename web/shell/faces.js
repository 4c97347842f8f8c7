// What the page shows of a record's faces: their numbers, their order, and for the camera numbers that
// stand still. Pure: no DOM.
/** @import {Face, PictureRecord, ShownFace} from './types.js' */
/** @typedef {Pick<Face, 'age'|'age_low'|'age_high'>} Years */

/** Faces whose middles are closer than this, in heights of the higher one, stand in one row. */
const ROW_HEIGHT = 0.75;

/** A face that the camera lost keeps its row for so long: a hand that passes, a head that turns. */
const MISSING_MS = 1000;

/**
 * As one reads: rows from the top, each from the left. A row reaches from its uppermost face down by a share of
 * the height of its highest one.
 * @param {Face[]} faces
 * @returns {number[]} indices
 */
export function readingOrder(faces) {
  const middle = (/** @type {number} */ index) => faces[index].box.y + faces[index].box.height / 2;
  const left = [...faces.keys()].sort((a, b) => middle(a) - middle(b));
  /** @type {number[]} */
  const order = [];
  while (left.length > 0) {
    const first = left[0];
    let height = faces[first].box.height;
    let count = 1;
    while (count < left.length) {
      const higher = Math.max(height, faces[left[count]].box.height);
      if (middle(left[count]) - middle(first) > ROW_HEIGHT * higher) break;
      height = higher;
      count++;
    }
    order.push(...left.splice(0, count).sort((a, b) => faces[a].box.x - faces[b].box.x));
  }
  return order;
}

/**
 * The faces of a picture, numbered as one reads.
 * @param {Face[]} faces @param {Float32Array[]} distributions of the faces
 * @returns {ShownFace[]}
 */
export function shownFaces(faces, distributions) {
  return readingOrder(faces).map((index, place) =>
    ({number: place + 1, face: faces[index], distribution: distributions[index], seen: true}));
}

/**
 * Keeps what is shown until the value has clearly left it: a value near the middle between two steps would
 * flicker.
 * @param {number|null|undefined} shown @param {number|null} value @param {number} step
 */
export function steady(shown, value, step) {
  if (value === null) return null;
  const SLACK = 0.75;  // steps; rounding alone is half a one
  if (typeof shown === 'number' && Math.abs(value - shown) <= SLACK * step) return shown;
  return Math.round(value / step) * step;
}

/**
 * The whole years that are shown of a track. The three change together: each alone would cross its own step
 * at its own time, and the text would change three times for one drift. The ends of the interval, which is
 * tens of years wide, may be off by twice as much as the age before they alone change it.
 * @param {Years|undefined} shown @param {Years} track
 * @returns {Years}
 */
export function steadyYears(shown, track) {
  const stays = shown !== undefined && steady(shown.age, track.age, 1) === shown.age &&
    steady(shown.age_low, track.age_low, 2) === shown.age_low &&
    steady(shown.age_high, track.age_high, 2) === shown.age_high;
  const {age, age_low: low, age_high: high} = stays ? shown : track;
  const whole = (/** @type {number|null} */ years) => years === null ? null : Math.round(years);
  return {age: Math.round(age), age_low: whole(low), age_high: whole(high)};
}

/** A flag is shown from one of these shares of the last frames on, and until the other. */
const FLAG_ON = 0.6;
const FLAG_OFF = 0.4;
const FLAG_WEIGHT = 0.1;  // of the newest frame

/** One person before the camera. */
class Person {
  /** @param {Face} face */
  constructor(face) {
    this.lastSeen = 0;
    /** @type {Map<string, number>} share of the last frames that had the flag */
    this.flags = new Map(face.flags.map((flag) => [flag, 1]));
    /** @type {Set<string>} */
    this.shownFlags = new Set();
    /** @type {ShownFace|null} */
    this.shown = null;
  }

  /** @param {Face} face with a track @param {Float32Array} distribution @param {number} now ms */
  see(face, distribution, now) {
    const track = /** @type {NonNullable<Face['track']>} */ (face.track);
    const before = this.shown?.face;
    this.lastSeen = now;
    this.shown = {
      number: track.id,
      seen: true,
      distribution,
      face: {
        ...face,
        score: steady(before?.score, face.score, 0.05) ?? 0,
        ...steadyYears(before, track),
        p_female: steady(before?.p_female, track.p_female, 0.05) ?? 0,
        flags: this.#steadyFlags(face.flags),
      },
    };
  }

  /** @param {string[]} flags @returns {string[]} */
  #steadyFlags(flags) {
    for (const flag of flags) if (!this.flags.has(flag)) this.flags.set(flag, 0);
    for (const [flag, share] of this.flags) {
      const next = share + FLAG_WEIGHT * (Number(flags.includes(flag)) - share);
      this.flags.set(flag, next);
      if (next >= FLAG_ON) this.shownFlags.add(flag);
      if (next <= FLAG_OFF) this.shownFlags.delete(flag);
    }
    return [...this.shownFlags];
  }
}

/**
 * The people of one run of the camera, by their tracks. What is told of them are their tracks' running
 * numbers, rounded so that they stand still; boxes are each frame's own.
 */
export class People {
  constructor() {
    /** @type {Map<number, Person>} in the order of their first sighting, which is that of the ids */
    this.people = new Map();
  }

  /**
   * @param {PictureRecord} record of the next frame @param {Float32Array[]} distributions of its faces
   * @param {number} now ms
   * @returns {ShownFace[]} by number; those that were lost just now are among them, not seen
   */
  next(record, distributions, now) {
    for (const person of this.people.values()) {
      if (person.shown !== null) person.shown = {...person.shown, seen: false};
    }
    (record.faces ?? []).forEach((face, index) => {
      const id = face.track?.id;
      if (id === undefined) return;  // seen once only: it may be no face
      if (!this.people.has(id)) this.people.set(id, new Person(face));
      /** @type {Person} */ (this.people.get(id)).see(face, distributions[index], now);
    });
    for (const [id, person] of this.people) {
      if (now - person.lastSeen > MISSING_MS) this.people.delete(id);
    }
    return [...this.people.values()].map(({shown}) => /** @type {ShownFace} */ (shown))
        .sort((a, b) => a.number - b.number);
  }
}
