// Where the tests find things. The temporary folder is run.sh's.
import {fileURLToPath} from 'node:url';
import {join} from 'node:path';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** AG_SITE: another site than the one that ./ag builds. */
export const SITE = process.env.AG_SITE ?? join(ROOT, 'build/site');
export const NATIVE = join(ROOT, 'build/native/bin/ag_native');
export const MAKE_MODELS = join(ROOT, 'build/native/tests/make_test_models');
export const ASTRONAUT = join(ROOT, '.deps/sample/astronaut.png');
export const SCREENS = join(ROOT, 'build/screens');

/** @param {string} name of a file in the temporary folder of this run */
export function temporary(name) {
  return join(process.env.AG_WEB_TEMPORARY, name);
}

/** What prepare.mjs puts there. */
export const VIDEO = 'face.y4m';
export const VIDEO_OF_TWO = 'two-faces.y4m';
export const ASTRONAUT_RECORD = 'astronaut.json';
export const THREE_FACES = 'three-faces.png';
export const HUGE = 'huge.png';
export const GROUP = 'group.png';
export const TURNED = 'turned.png';
export const DARK = 'dark.png';
export const SMALL = 'small.png';
export const PLAIN = 'plain.png';
export const MODELS = 'models';
