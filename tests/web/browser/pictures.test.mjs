// Pictures: how they come in, what is shown, and what is said of those that cannot be read.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

import {expect, expectSameFaces, namesOf, test} from '../support/app.mjs';
import {ASTRONAUT, ASTRONAUT_RECORD, HUGE, PLAIN, SITE, temporary, THREE_FACES} from '../support/places.mjs';
import {predictNatively} from '../support/prepare.mjs';

const native = () => JSON.parse(readFileSync(temporary(ASTRONAUT_RECORD), 'utf8'));

/** The astronaut is shown, with the command line's age. @param {import('../support/app.mjs').App} app */
async function expectAstronaut(app) {
  await expect(app.rows).toHaveCount(1);
  expect(Math.abs(await app.shownAge(0) - native().faces[0].age)).toBeLessThanOrEqual(0.1);
  await expect(app.page.locator('#results-caption')).toHaveText('astronaut.png, 512 × 512 pixels');
  await expect(app.status).toContainText('1 face');
  await expect(app.stage).toHaveAttribute('aria-label', /astronaut\.png/);
}

for (const variant of ['simd', 'relaxed']) {
  test(`upload with ?engine=${variant} gives the command line's answer`, async ({app}) => {
    await app.open(`?engine=${variant}`);
    await expect(app.html).toHaveAttribute('data-variant', variant);
    await app.choose(ASTRONAUT);
    await expectAstronaut(app);
    const [record] = await app.downloaded();
    expectSameFaces(record, native());
  });
}

test('the downloaded record has the names of the command line', async ({app}) => {
  await app.open();
  await app.choose(ASTRONAUT);
  const records = await app.downloaded();
  expect(records).toHaveLength(1);
  expect(namesOf(records[0])).toEqual(namesOf(native()));
  expect({...records[0], faces: null}).toEqual({...native(), file: 'astronaut.png', faces: null});
});

test('a dropped picture is predicted', async ({app}) => {
  await app.open();
  await app.drop(ASTRONAUT);
  await expectAstronaut(app);
  await expect(app.page.locator('#drop-veil')).toBeHidden();
});

test('a pasted picture is predicted', async ({app}) => {
  await app.open();
  await app.paste(ASTRONAUT);
  await expectAstronaut(app);
});

test('a drop and a paste without a file say what to do', async ({app}) => {
  await app.open();
  await app.drop();
  await expect(app.status).toContainText('save the picture first');
  await app.paste();
  await expect(app.status).toContainText('no picture on the clipboard');
});

test('several pictures at once: all are recorded, the last is shown', async ({app}) => {
  await app.open();
  await app.choose(temporary(PLAIN), ASTRONAUT, {name: 'text.png', buffer: Buffer.from('no picture')});
  await expect(app.note).toHaveText('Not read: text.png. “Download JSON” says why.');
  const records = await app.downloaded();
  expect(records.map(({file}) => file)).toEqual(['plain.png', 'astronaut.png', 'text.png']);
  expect(records[2].error.code).toBe('unknown_format');
});

test('a second picture supersedes the first', async ({app}) => {
  await app.open();
  await app.page.locator('#choose-picture').setInputFiles(temporary(HUGE));
  await app.choose(ASTRONAUT);
  await expectAstronaut(app);
  expect((await app.records()).map(({file}) => file)).toEqual(['astronaut.png']);
});

test('several faces: a row for each', async ({app}) => {
  await app.open();
  await app.choose(temporary(THREE_FACES));
  await expect(app.rows).toHaveCount(3);
  await expect(app.status).toContainText('3 faces');
  const [record] = await app.downloaded();
  expectSameFaces(record, predictNatively(temporary(THREE_FACES), join(SITE, 'model/age_gender.agm')));
});

test('a picture without a face says so', async ({app}) => {
  await app.open();
  await app.choose(temporary(PLAIN));
  await expect(app.status).toContainText('No face found');
  await expect(app.page.locator('#results-empty')).toContainText('No face found');
  await expect(app.page.locator('#results')).toBeHidden();
});

test('text named .jpg is refused in words, and the page goes on', async ({app}) => {
  await app.open();
  await app.choose({name: 'letter.jpg', buffer: Buffer.from('Dear reader, this is no picture.')});
  await expect(app.status).toContainText('letter.jpg is no picture');
  await expect(app.status).toHaveAttribute('data-kind', 'error');
  expect((await app.downloaded())[0].error.code).toBe('unknown_format');
  await app.choose(ASTRONAUT);
  await expectAstronaut(app);
});

test('an empty file is refused in words', async ({app}) => {
  await app.open();
  await app.choose({name: 'nothing.png', buffer: Buffer.alloc(0)});
  await expect(app.status).toHaveText('nothing.png is empty. Choose another picture.');
});

test('a PNG that ends early is refused in words', async ({app}) => {
  await app.open();
  const whole = readFileSync(ASTRONAUT);
  await app.choose({name: 'half.png', buffer: whole.subarray(0, whole.length / 2)});
  await expect(app.status).toContainText('half.png is broken');
  await expect(app.rows).toHaveCount(0);
});

test('a JPEG is read by the engine, one that ends early is refused in words', async ({app}) => {
  await app.open();
  const whole = await app.encoded('image/jpeg', ASTRONAUT);
  await app.choose({name: 'whole.jpg', buffer: whole});
  await expect(app.rows).toHaveCount(1);
  await expect(app.details).toContainText('the engine');
  await app.choose({name: 'half.jpg', buffer: whole.subarray(0, whole.length / 2)});
  await expect(app.status).toContainText('half.jpg is broken');
  await expect(app.rows).toHaveCount(0);
});

test('a WebP picture goes through the browser, and the result says so', async ({app}) => {
  await app.open();
  await app.choose({name: 'astronaut.webp', buffer: await app.encoded('image/webp', ASTRONAUT)});
  await expect(app.rows).toHaveCount(1);
  await expect(app.note).toContainText('Decoded by your browser');
  await expect(app.details).toContainText('the browser');
  expect(Math.abs(await app.shownAge(0) - native().faces[0].age)).toBeLessThanOrEqual(5);
});

test('a picture above 24 megapixels is shrunk by the browser, and the result says so', async ({app}) => {
  await app.open();
  await app.choose(temporary(HUGE));
  await expect(app.rows).toHaveCount(1);
  await expect(app.note).toContainText('26.2 megapixels');
  await expect(app.note).toContainText('shrunk to 4898 × 4898 pixels');
  const [record] = await app.downloaded();
  expect([record.width, record.height]).toEqual([5120, 5120]);
  // The same picture ten times as large: boxes are in its own pixels.
  const {box} = record.faces[0];
  const small = native().faces[0].box;
  for (const side of ['x', 'y', 'width', 'height']) {
    expect(Math.abs(box[side] / 10 - small[side]), side).toBeLessThanOrEqual(5);
  }
});
