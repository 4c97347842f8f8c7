// Sentences and numbers that the page shows.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import * as words from '../../../web/shell/words.js';

const face = (changes = {}) => ({
  box: {x: 0, y: 0, width: 10, height: 10}, eyes: [[1, 1], [2, 1]], score: 0.9, age: 34.24, age_low: 20.6,
  age_high: 51.2, p_female: 0.79, flags: [], ...changes,
});
const net = {file: 'age_gender.agm', name: 'compact', licence: 'research only', source: 'UTKFace', width: 112,
  height: 112, colour: 'rgb', age: 'distribution', parameters: 890278, bytes: 1790144};
const plain = (text) => text.replaceAll('\u00a0', ' ');

test('numbers', () => {
  assert.equal(words.ageText(34.24), '34.2');
  assert.equal(plain(words.intervalText(face())), '21 to 51');
  assert.equal(words.intervalText(face({age_low: null, age_high: null})), 'unknown');
  assert.equal(plain(words.bytesText(12)), '12 bytes');
  assert.equal(plain(words.bytesText(830_400)), '830 KB');
  assert.equal(plain(words.bytesText(999_900)), '1.0 MB');
  assert.equal(plain(words.msText(0.844)), '0.84 ms');
  assert.equal(plain(words.msText(12.34)), '12.3 ms');
  assert.equal(plain(words.msText(139.6)), '140 ms');
});

test('the likelier label and its probability', () => {
  assert.equal(plain(words.genderText(0.79)), 'labelled female 79 %');
  assert.equal(plain(words.genderText(0.08)), 'labelled male 92 %');
  assert.deepEqual(words.genderOf(0.5), {label: 'female', percent: 50});
});

test('flags in words, also those of a newer engine', () => {
  assert.equal(words.flagsText([]), '–');
  assert.equal(words.flagsText(['too_small', 'cut_off', 'box_only', 'blurred', 'turned_away', 'too_dark', 'too_bright']),
      'too small, cut off, not aligned, blurred, turned away, too dark, too bright');
  assert.equal(words.flagsText(['wears_mask']), 'wears mask');
});

test('what the live region says of a picture', () => {
  assert.equal(plain(words.resultSentence([face()])),
      '1 face: age 34 (21 to 51), labelled female with 79 %');
  assert.equal(plain(words.resultSentence([face({age_low: null, age_high: null})])),
      '1 face: age 34, labelled female with 79 %');
  assert.equal(plain(words.resultSentence([face({flags: ['too_small', 'too_dark']})])),
      '1 face: age 34 (21 to 51), labelled female with 79 % (too small, too dark)');
  assert.match(words.resultSentence([]), /^No face found\./);
  const many = plain(words.resultSentence([face(), face({p_female: 0.2}), face(), face()]));
  assert.match(many, /^4 faces\. Face 1: age 34/);
  assert.match(many, /Face 2: age 34 \(21 to 51\), labelled male with 80 %/);
  assert.match(many, /The others are in the table\.$/);
  assert.doesNotMatch(many, /Face 4/);
});

test('the camera speaks seldom, and only of what changed', () => {
  const announcer = new words.CameraAnnouncer(4000, 3);
  assert.equal(announcer.next([face()], 0), 'Camera: 1 face: age about 34, labelled female');
  assert.equal(announcer.next([], 3999), null, 'too early');
  assert.equal(announcer.next([face({age: 36})], 5000), null, 'an age that flickers');
  assert.match(announcer.next([face({age: 38})], 5001), /about 38/);
  assert.equal(announcer.next([face({age: 38, p_female: 0.4})], 9000), null, 'too early');
  assert.match(announcer.next([face({age: 38, p_female: 0.4})], 9001), /labelled male/);
  assert.equal(announcer.next([], 20000), null, 'a hand may pass');
  assert.equal(announcer.next([], 21000), 'Camera: no face in view.');
  assert.equal(announcer.next([], 30000), null);
});

test('the first frame, whose face is not known yet, is no reason to say that nobody is there', () => {
  const announcer = new words.CameraAnnouncer(4000, 3, 1000);
  assert.equal(announcer.next([], 0), null);
  assert.match(announcer.next([face()], 70), /1 face/);
  assert.equal(announcer.next([], 5000), null);
  assert.equal(announcer.next([face()], 5500), null, 'the same one again');
  assert.equal(announcer.next([], 6400), null, 'a second, counted anew');
  assert.equal(announcer.next([], 7400), 'Camera: no face in view.');
  const alone = new words.CameraAnnouncer();
  assert.equal(alone.next([], 0), null);
  assert.equal(alone.next([], 1000), 'Camera: no face in view.');
});

test('every code of a picture gives words that name the file', () => {
  for (const code of ['empty', 'too_large', 'unknown_format', 'unsupported_image',
    'corrupt_image', 'out_of_memory', 'io', 'backend']) {
    const text = words.pictureErrorText('a.jpg', {code, message: 'the reason'});
    assert.match(text, /a\.jpg/, code);
  }
  assert.match(words.pictureErrorText('a.jpg', {code: 'too_large', message: ''}, {width: 30000, height: 20000}),
      /30000 × 20000 pixels/);
  assert.match(words.pictureErrorText('a.HEIC', {code: 'unknown_format', message: ''}), /HEIC/);
  assert.match(words.pictureErrorText('a.jpg', {code: 'backend', message: 'the reason'}), /the reason/);
});

test('a format that nobody reads is called by its name', () => {
  const said = (file, message) => words.pictureErrorText(file, {code: 'unknown_format', message});
  const tail = ', which is not read here; JPEG and PNG are read';
  assert.match(said('a.jpg', `this is Photoshop (PSD)${tail}`), /^a\.jpg is Photoshop \(PSD\), which neither/);
  assert.match(said('a.jpg', `this is an HTML page${tail}`), /^a\.jpg is an HTML page, which neither/);
  assert.match(said('a.jpg', `this is HEIC${tail}`), /HEIC picture, which this browser cannot read/);
  assert.match(said('a.heic', `this is AVIF${tail}`), /^a\.heic is AVIF, which neither/);
  assert.match(said('a.jpg', 'not a picture that is known here'), /is not a picture that the engine/);
});

test('flags of a picture in words, also those of a newer engine', () => {
  assert.equal(words.pictureFlagsNote([]), '');
  assert.match(words.pictureFlagsNote(['colour_profile']), /colours .* were not converted/);
  assert.match(words.pictureFlagsNote(['colour_profile', 'truncated']), /converted: .*is missing\.$/);
  assert.equal(words.pictureFlagsNote(['two_pictures']), 'two pictures.');
});

test('what the browser decoded is said, and what it shrank', () => {
  const whole = words.browserDecodedNote({width: 40, height: 30, fullWidth: 40, fullHeight: 30});
  assert.match(whole, /Decoded by your browser/);
  assert.doesNotMatch(whole, /shrunk/);
  const shrunk = words.browserDecodedNote({width: 5366, height: 4472, fullWidth: 6000, fullHeight: 5000});
  assert.match(plain(shrunk), /30\.0 megapixels and was shrunk to 5366 × 4472/);
});

test('a picture that had to be turned says how', () => {
  assert.equal(words.rotationNote(0), '');
  assert.match(words.rotationNote(90), /turned by 90 degrees/);
  assert.match(words.rotationNote(270), /turned by 270 degrees/);
  assert.match(words.rotationNote(180), /upside down/);
});

test('steps from picture to picture are told', () => {
  assert.equal(words.pagerText(1, 5), '2 of 5');
  assert.equal(words.pagerText(-1, 5), '5 pictures');
  assert.equal(words.stepText(1, 5, 'a.jpg', '1 face: age 3'), 'Picture 2 of 5, a.jpg: 1 face: age 3');
});

test('each way in which a camera fails says what to do', () => {
  const open = {secure: true, available: true, allowed: true};
  assert.match(words.cameraErrorText('NotAllowedError', {...open, secure: false}), /https:/);
  assert.match(words.cameraErrorText('NotAllowedError', {...open, available: false}), /another browser/);
  assert.match(words.cameraErrorText('NotAllowedError', {...open, allowed: false}), /policy/i);
  const texts = ['NotAllowedError', 'NotFoundError', 'NotReadableError', 'OverconstrainedError', 'OddError']
      .map((name) => words.cameraErrorText(name, open));
  assert.equal(new Set(texts).size, texts.length);
  assert.match(texts[0], /site settings/);
  assert.match(texts[1], /Connect one/);
  assert.match(texts[2], /Close the other program/);
});

test('models', () => {
  assert.equal(words.modelRefusedText('bad.agm', 'the checksum differs.', net),
      'bad.agm was refused: the checksum differs. The model in use stays: compact (age_gender.agm).');
  assert.match(words.modelUsedText({...net, age: 'value'}), /gives no distribution/);
  assert.doesNotMatch(words.modelUsedText(net), /gives no distribution/);
});

test('of several models one counts; what a dead engine does not take is named', () => {
  assert.equal(words.modelChosenText('b.agm', 1), '');
  assert.match(words.modelChosenText('b.agm', 3), /^Of 3 models, the last one is used: b\.agm\. $/);
  assert.equal(words.notTakenText(['a.jpg', 'b.jpg'], 'It is off.'), 'Not accepted: a.jpg, b.jpg. It is off.');
});

test('variant and times in one line', () => {
  assert.equal(plain(words.timesLine('relaxed', {decode: 34.2, detect: 14, align: 0.21, predict: 6.01})),
      'relaxed SIMD: decode 34 ms, detect 14 ms, align 0.2 ms, predict 6 ms');
  assert.equal(plain(words.timesLine('simd', {decode: -1, detect: 9.96})), 'SIMD: detect 10 ms');
  assert.equal(words.timesLine('simd', {}), '');
});

test('details leave out what there is not', () => {
  const facts = {variant: 'simd', forced: true, unknownVariant: null, failures: [], startMs: null,
    version: '', stage: 'WebGL2', net, ms: null, decoder: '', framesPerSecond: null};
  const rows = new Map(words.detailRows(facts));
  assert.equal(rows.get('Engine'), 'WebAssembly simd (forced)');
  assert.equal(rows.get('Licence'), 'research only');
  assert.equal(plain(rows.get('Size')), '890,278 parameters, 1.8 MB');
  for (const term of ['Failed', 'Time', 'Camera', 'Start', 'Decoded by', 'Version']) assert.equal(rows.has(term), false);
  const more = new Map(words.detailRows({...facts, variant: null, version: '0.2.0', framesPerSecond: 12.34,
    failures: [{variant: 'relaxed', step: 'self-test', error: 'self-test: age differs'}],
    ms: {detect: 12.3, predict: 8}}));
  assert.equal(more.get('Engine'), 'not running');
  assert.equal(more.get('Version'), '0.2.0');
  assert.equal(more.get('Failed'), 'relaxed: self-test failed: age differs');
  assert.equal(plain(more.get('Time')), 'detect 12.3 ms\npredict 8.00 ms\ntogether 20.3 ms');
  assert.equal(more.get('Camera'), '12.3 frames/s');
});

test('records as JSON lines', () => {
  const records = [{schema: 3, file: 'a.jpg', width: 1, height: 1, rotation: 0, flags: [], faces: []},
    {schema: 3, file: 'b.jpg', error: {code: 'empty', message: 'the file is empty'}}];
  const lines = words.jsonLines(records).trimEnd().split('\n');
  assert.deepEqual(lines.map((line) => JSON.parse(line)), records);
  assert.equal(words.jsonLines([]), '');
  // A name of half a character, as Windows allows.
  const half = words.jsonLine({schema: 3, file: 'a\uD800\u{1F600}.jpg', width: 1, height: 1, rotation: 0, flags: [], faces: []});
  assert.equal(JSON.parse(half).file, 'a\uFFFD\u{1F600}.jpg');
});
