// Runs once before the browser tests: pictures, the camera's video, models, and what the command line
// says of the astronaut.
import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

import {dimmedPng, enlargedPng, groupPng, plainPng, readPng, repeatedPng, swaying, turnedPng, twoPeople, videoOf}
  from './pictures.mjs';
import {ASTRONAUT, ASTRONAUT_RECORD, DARK, GROUP, HUGE, MAKE_MODELS, MODELS, NATIVE, PLAIN, SCREENS, SITE, SMALL,
  temporary, THREE_FACES, TURNED, VIDEO, VIDEO_OF_TWO} from './places.mjs';

/** @param {string} picture @param {string} model @returns {object} the command line's record */
export function predictNatively(picture, model) {
  const detector = join(SITE, 'model/face_detector.agm');
  const line = execFileSync(NATIVE,
      ['predict', '--json', '--model', model, '--detector', detector, picture], {encoding: 'utf8'});
  return JSON.parse(line);
}

export default function prepare() {
  const needed = {
    [join(SITE, 'index.html')]: './ag build site',
    [NATIVE]: './ag build native',
    [MAKE_MODELS]: './ag build native',
    [ASTRONAUT]: './ag demo',
  };
  for (const [file, command] of Object.entries(needed)) {
    if (!existsSync(file)) throw new Error(`${file} is missing: run ${command} first`);
  }
  rmSync(SCREENS, {recursive: true, force: true});
  mkdirSync(SCREENS, {recursive: true});
  const astronaut = readPng(ASTRONAUT);
  writeFileSync(temporary(VIDEO), videoOf(astronaut, 640, 480, swaying(640, 480, 10)));
  writeFileSync(temporary(VIDEO_OF_TWO), videoOf(astronaut, 640, 480, twoPeople(640, 45, 5)));
  writeFileSync(temporary(THREE_FACES), repeatedPng(astronaut, 3));
  writeFileSync(temporary(HUGE), enlargedPng(astronaut, 10));  // 26 megapixels
  writeFileSync(temporary(GROUP), groupPng(astronaut, 8, 5, 170));
  writeFileSync(temporary(TURNED), turnedPng(astronaut));
  writeFileSync(temporary(DARK), dimmedPng(astronaut, 0.12));
  writeFileSync(temporary(SMALL), groupPng(astronaut, 1, 1, 64));
  writeFileSync(temporary(PLAIN), plainPng(400, 300, [90, 140, 180]));
  mkdirSync(temporary(MODELS));
  execFileSync(MAKE_MODELS, [temporary(MODELS)]);
  const record = predictNatively(ASTRONAUT, join(SITE, 'model/age_gender.agm'));
  writeFileSync(temporary(ASTRONAUT_RECORD), JSON.stringify(record));
}
