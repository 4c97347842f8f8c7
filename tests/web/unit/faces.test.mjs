// What the page shows of a record: order, numbers, and the camera's people.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {People, readingOrder, shownFaces, steady, steadyYears} from '../../../web/shell/faces.js';

const at = (x, y, size = 100) => ({box: {x, y, width: size, height: size}});

test('faces are numbered as one reads: rows from the top, each from the left', () => {
  // Two rows whose faces stand at different heights; given in no order.
  const faces = [at(300, 20), at(200, 210), at(10, 40), at(150, 0), at(20, 190)];
  assert.deepEqual(readingOrder(faces), [2, 3, 0, 4, 1]);
  const shown = shownFaces(faces, faces.map((_, index) => new Float32Array([index])));
  assert.deepEqual(shown.map(({number}) => number), [1, 2, 3, 4, 5]);
  assert.equal(shown[0].face, faces[2]);
  assert.deepEqual([...shown[0].distribution], [2]);
  assert.deepEqual(readingOrder([]), []);
});

test('a slope of faces is no endless row', () => {
  // Each stands half of its height below the one before, further to the left.
  const faces = [at(300, 0), at(200, 50), at(100, 100), at(0, 150)];
  assert.deepEqual(readingOrder(faces), [1, 0, 3, 2]);
});

test('a steady number leaves its place only for a value that clearly left it', () => {
  assert.equal(steady(undefined, 34.4, 1), 34);
  assert.equal(steady(34, 34.6, 1), 34, 'rounding would say 35');
  assert.equal(steady(34, 34.76, 1), 35);
  assert.equal(steady(34, 31.9, 1), 32);
  assert.equal(steady(34, null, 1), null);
  assert.equal(steady(null, 20.2, 1), 20);
});

test('age and interval change together, once for one drift', () => {
  const years = (age, low, high) => ({age, age_low: low, age_high: high});
  let shown = steadyYears(undefined, years(31.2, 20.1, 44.2));
  assert.deepEqual(shown, years(31, 20, 44));
  const texts = new Set();
  for (let drift = 0; drift <= 0.7; drift += 0.05) {
    shown = steadyYears(shown, years(31.2 + drift, 20.1 + drift, 44.2 + drift));
    texts.add(JSON.stringify(shown));
  }
  assert.deepEqual([...texts], [years(31, 20, 44), years(32, 21, 45)].map((text) => JSON.stringify(text)));
  assert.deepEqual(steadyYears(years(31, 20, 44), years(31.7, 21.4, 45.5)), years(31, 20, 44));
  assert.deepEqual(steadyYears(years(31, 20, 44), years(31, 21.6, 44)), years(31, 22, 44), 'one end that left clearly');
  assert.deepEqual(steadyYears(years(31, null, null), years(32, null, null)), years(32, null, null));
});

const seen = (id, {age = 34, flags = [], x = 0, p = 0.8} = {}) => ({...at(x, 0), score: 0.9, age: 60, age_low: 50,
  age_high: 70, p_female: 0.1, flags,
  track: {id, sightings: 5, age, age_low: age - 10, age_high: age + 10, p_female: p}});
const frame = (...faces) => ({faces});
const bins = (...faces) => faces.map(() => new Float32Array([1]));

/** @param {People} people @param {number} now @param {...object} faces */
const next = (people, now, ...faces) => people.next(frame(...faces), bins(...faces), now);

test('of a person before the camera the track\'s numbers are told, with the frame\'s box', () => {
  const people = new People();
  const [shown] = next(people, 0, seen(3, {x: 17}));
  assert.equal(shown.number, 3);
  assert.equal(shown.face.box.x, 17);
  assert.deepEqual([shown.face.age, shown.face.age_low, shown.face.age_high, shown.face.p_female], [34, 24, 44, 0.8]);
  const ages = [34.4, 34.6, 33.5, 34.7].map((age, index) => next(people, index, seen(3, {age}))[0].face.age);
  assert.deepEqual(ages, [34, 34, 34, 34]);
  assert.equal(next(people, 9, seen(3, {age: 36}))[0].face.age, 36);
});

test('rows stay where they are: by number, and for a second after a face was lost', () => {
  const people = new People();
  next(people, 0, seen(1), seen(2, {x: 300}));
  const numbers = (list) => list.map(({number, seen: inView}) => `${number}${inView ? '' : ' away'}`);
  assert.deepEqual(numbers(next(people, 100, seen(2))), ['1 away', '2']);
  assert.deepEqual(numbers(next(people, 900, seen(2), seen(1), seen(3))), ['1', '2', '3']);
  assert.deepEqual(numbers(next(people, 1000, seen(3))), ['1 away', '2 away', '3']);
  assert.deepEqual(numbers(next(people, 1901, seen(3))), ['3'], 'more than a second ago');
});

test('a face that was seen once only is not shown yet', () => {
  assert.deepEqual(next(new People(), 0, {...seen(1), track: undefined}), []);
});

test('a note comes and goes with most of the frames, not with each', () => {
  const people = new People();
  const flags = [];
  for (let time = 0; time < 60; time++) {
    // Blurred in every second frame, and from the 30th on in all.
    const blurred = time >= 30 || time % 2 === 0;
    flags.push(next(people, time, seen(1, {flags: blurred ? ['blurred'] : []}))[0].face.flags.length);
  }
  const changes = flags.filter((count, index) => index > 0 && count !== flags[index - 1]).length;
  assert.ok(changes <= 2, `${changes} changes`);
  assert.equal(flags[59], 1);
});
