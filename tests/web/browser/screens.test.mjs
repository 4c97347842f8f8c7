// Every state of the page: how it looks (build/screens/), and that axe-core finds nothing.
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

import {expect, test} from '../support/app.mjs';
import {drawnFaces} from '../support/drawn_faces.mjs';
import {ASTRONAUT, DARK, GROUP, HUGE, MODELS, PLAIN, temporary, THREE_FACES, TURNED} from '../support/places.mjs';
import {lookAt} from '../support/screens.mjs';

test('ready', async ({app}) => {
  await app.open();
  await lookAt(app, 'ready');
});

test('result, with the details open', async ({app}) => {
  await app.open();
  await app.choose(ASTRONAUT);
  await lookAt(app, 'result');
  await app.page.locator('#details summary').click();
  await lookAt(app, 'details');
});

// The picture of the README (docs/page.webp) is the desktop's light one, cut and compressed.
test('drawn faces', async ({app}) => {
  await app.open();
  await app.choose(await drawnFaces(app.page));
  await expect(app.rows).toHaveCount(3);
  await lookAt(app, 'drawn');
});

test('several faces', async ({app}) => {
  await app.open();
  await app.choose(temporary(THREE_FACES));
  await lookAt(app, 'faces');
});

test('a group photograph', async ({app}) => {
  await app.open();
  await app.choose(temporary(GROUP));
  await lookAt(app, 'group');
});

test('turned, dark, and three pictures to step through', async ({app}) => {
  await app.open();
  await app.choose(temporary(TURNED));
  await lookAt(app, 'turned');
  await app.choose(temporary(DARK));
  await lookAt(app, 'dark');
});

test('error', async ({app}) => {
  await app.open();
  await app.choose({name: 'letter.jpg', buffer: Buffer.from('Dear reader, this is no picture.')});
  await lookAt(app, 'error');
});

test('no face', async ({app}) => {
  await app.open();
  await app.choose(temporary(PLAIN));
  await expect(app.status).toContainText('No face found');
  await lookAt(app, 'no-face');
});

test('decoded and shrunk by the browser', async ({app}) => {
  await app.open();
  await app.choose(temporary(HUGE));
  await expect(app.note).toContainText('shrunk');
  await lookAt(app, 'shrunk');
});

test('own model', async ({app}) => {
  await app.open();
  await app.choose(ASTRONAUT);
  await app.drop(join(temporary(MODELS), 'notebook.agm'));
  await lookAt(app, 'model');
});

test('failed', async ({app, serveCopy}) => {
  const server = await serveCopy((folder) => {
    const file = join(folder, 'model/self_test.json');
    const selfTest = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({...selfTest, values: selfTest.values.map(() => 0)}));
  });
  await app.load('', server);
  await expect(app.html).toHaveAttribute('data-state', 'failed');
  await lookAt(app, 'failed');
});

test('without WebGL2', async ({app}) => {
  await app.withoutWebGL();
  await app.open();
  await lookAt(app, 'no-webgl-ready');
  await app.choose(ASTRONAUT);
  await lookAt(app, 'no-webgl');
  await app.choose(temporary(GROUP));
  await lookAt(app, 'no-webgl-group');
});
