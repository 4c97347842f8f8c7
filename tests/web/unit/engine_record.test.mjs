// The record that the engine writes: the command line's, with the names and places that the page gives.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';

import {ASTRONAUT, createEngine, skip, withBytes} from '../support/engine.mjs';
import {NATIVE, SITE} from '../support/places.mjs';
import {readPng} from '../support/pictures.mjs';

/** @returns {string} the record's text */
function recordOf(engine, file) {
  let text = '';
  withBytes(engine, new TextEncoder().encode(file), (pointer, length) => {
    text = engine.UTF8ToString(engine._ag_record(pointer, length));
    return 0;
  });
  return text;
}

/** @returns {{width: number, height: number}} of the astronaut, whom the engine then holds */
function holdAstronaut(engine) {
  const {data, width, height} = readPng(ASTRONAUT);
  withBytes(engine, data, (pointer) => engine._ag_set_pixels(pointer, width, height));
  return {width, height};
}

const ok = (engine, status) => assert.equal(status, 0, engine.UTF8ToString(engine._ag_error_message()));

/** The text without digits: its names, their order, and what it says where no number is. */
const shape = (text) => text.replace(/-?\d+(\.\d+)?/g, '0');

test('the text is the command line\'s, but for the last digits', {skip}, async (t) => {
  if (!existsSync(NATIVE)) return t.skip(`${NATIVE} is missing: run ./ag build native first`);
  const engine = await createEngine();
  const {width, height} = holdAstronaut(engine);
  ok(engine, engine._ag_predict(width, height));
  const line = execFileSync(NATIVE, ['predict', '--json', '--model', join(SITE, 'model/age_gender.agm'), '--detector',
    join(SITE, 'model/face_detector.agm'), ASTRONAUT], {encoding: 'utf8'});
  const native = JSON.parse(line);
  const text = recordOf(engine, native.file);
  assert.equal(shape(text), shape(line.trimEnd()));
  const [face] = JSON.parse(text).faces;
  const [other] = native.faces;
  for (const side of ['x', 'y', 'width', 'height']) assert.ok(Math.abs(face.box[side] - other.box[side]) < 0.5, side);
  assert.ok(Math.abs(face.age - other.age) < 0.1);
  assert.equal(JSON.parse(text).schema, engine._ag_schema());
});

test('a shrunk picture\'s record is in pixels of the whole one', {skip}, async () => {
  const engine = await createEngine();
  const {width, height} = holdAstronaut(engine);
  ok(engine, engine._ag_predict(width, height));
  const small = JSON.parse(recordOf(engine, 'a.png'));
  ok(engine, engine._ag_predict(2 * width, 4 * height));
  const large = JSON.parse(recordOf(engine, 'a.png'));
  assert.deepEqual([large.width, large.height], [2 * width, 4 * height]);
  const [a, b] = [small.faces[0], large.faces[0]];
  const near = (found, expected) => assert.ok(Math.abs(found - expected) <= 0.03, `${found}, not ${expected}`);
  near(b.box.x, 2 * a.box.x);
  near(b.box.height, 4 * a.box.height);
  near(b.eyes[1][0], 2 * a.eyes[1][0]);
  near(b.eyes[1][1], 4 * a.eyes[1][1]);
  near(b.quality.eye_distance, 3 * a.quality.eye_distance);
  assert.equal(b.age, a.age);
});

test('any name is a name', {skip}, async () => {
  const engine = await createEngine();
  const {width, height} = holdAstronaut(engine);
  ok(engine, engine._ag_predict(width, height));
  for (const file of ['', 'Müller 😀 "quoted" \\ 50%.jpg', 'a\nb\u0000\u001F\u007F.png', '=1+1', 'x'.repeat(70000)]) {
    assert.equal(JSON.parse(recordOf(engine, file)).file, file);
  }
});

test('frames are numbered, their faces have tracks, and another video begins at 0', {skip}, async () => {
  const engine = await createEngine();
  const next = () => {
    holdAstronaut(engine);
    ok(engine, engine._ag_predict_frame());
    return JSON.parse(recordOf(engine, 'camera'));
  };
  const first = next();
  const second = next();
  assert.deepEqual([first.frame, second.frame], [0, 1]);
  assert.equal(first.faces[0].track, undefined);
  assert.equal(second.faces[0].track.id, 1);
  assert.equal(second.faces[0].track.sightings, 2);
  assert.deepEqual(Object.keys(second).slice(0, 3), ['schema', 'file', 'frame']);
  engine._ag_video_reset();
  assert.equal(next().frame, 0);
  const {width, height} = holdAstronaut(engine);
  ok(engine, engine._ag_predict(width, height));
  assert.equal(JSON.parse(recordOf(engine, 'a.png')).frame, undefined);
});
