// Pictures: how they come in, what is shown, and what is said of those that cannot be read.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

import {expect, expectSameFaces, namesOf, test} from '../support/app.mjs';
import {ASTRONAUT, ASTRONAUT_RECORD, DARK, GROUP, HUGE, PLAIN, SITE, SMALL, temporary, THREE_FACES, TURNED}
  from '../support/places.mjs';
import {colourDistance, meanColour} from '../support/pictures.mjs';
import {predictNatively} from '../support/prepare.mjs';

const predicted = (/** @type {string} */ picture) => predictNatively(picture, join(SITE, 'model/age_gender.agm'));
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
  expectSameFaces(record, predicted(temporary(THREE_FACES)));
});

test('a group photograph: every face, numbered as one reads', async ({app}) => {
  await app.open();
  await app.choose(temporary(GROUP));
  await expect(app.rows).toHaveCount(40);
  await expect(app.status).toContainText('40 faces. Face 1: age');
  await expect(app.status).toContainText('The others are in the table.');
  const numbers = await app.rows.locator('button').allTextContents();
  expect(numbers).toEqual(Array.from({length: 40}, (_, index) => String(index + 1)));
  const [record] = await app.downloaded();
  expectSameFaces(record, predicted(temporary(GROUP)));
  // The first is at the upper left, the last at the lower right, whatever their scores.
  const ages = record.faces.map(({age, box}) => ({age, place: Math.round(box.y / 170) * 8 + Math.round(box.x / 170)}))
      .sort((a, b) => a.place - b.place).map(({age}) => age.toFixed(1));
  expect(await app.rows.locator('td:nth-child(2)').allTextContents()).toEqual(ages);
});

test('a picture that lies on its side is turned, and the page says so', async ({app}) => {
  await app.open();
  await app.choose(temporary(TURNED));
  await expect(app.rows).toHaveCount(1);
  await expect(app.note).toContainText('looking at it turned by 270 degrees');
  const [record] = await app.downloaded();
  expectSameFaces(record, predicted(temporary(TURNED)));
  expect(Math.abs(record.faces[0].age - native().faces[0].age)).toBeLessThanOrEqual(0.5);
  await app.choose(ASTRONAUT);
  await expect(app.note).toBeEmpty();
});

for (const [picture, words] of [[DARK, 'too dark'], [SMALL, 'too small']]) {
  test(`${picture}: a face of which little can be told has the note “${words}”`, async ({app}) => {
    await app.open();
    await app.choose(temporary(picture));
    await expect(app.rows.first().locator('td').nth(5)).toContainText(words);
    await expect(app.page.locator('#results-caution')).toBeVisible();
    await expect(app.status).toContainText(words);
    const [record] = await app.downloaded();
    expectSameFaces(record, predicted(temporary(picture)));
    await app.choose(ASTRONAUT);
    await expect(app.page.locator('#results-caution')).toBeHidden();
  });
}

test('previous and next step through the pictures of this visit', async ({app}) => {
  await app.open();
  await app.choose(ASTRONAUT);
  await expect(app.pager).toBeHidden();
  await app.choose(temporary(THREE_FACES), {name: 'text.png', buffer: Buffer.from('no picture')});
  await expect(app.pager).toContainText('3 of 3');
  const previous = app.page.getByRole('button', {name: 'Previous picture'});
  const next = app.page.getByRole('button', {name: 'Next picture'});
  await expect(next).toHaveAttribute('aria-disabled', 'true');
  await previous.focus();
  await app.page.keyboard.press('Enter');
  await expect(app.rows).toHaveCount(3);
  await expect(app.status).toContainText(/^Picture 2 of 3, three-faces\.png: 3 faces/);
  await app.page.keyboard.press('Enter');
  await expectAstronaut(app);
  await expect(app.status).toContainText('Picture 1 of 3, astronaut.png');
  await expect(previous).toHaveAttribute('aria-disabled', 'true');
  await expect(previous).toBeFocused();
  await app.page.keyboard.press('Enter');  // there is none before the first
  await expect(app.pager).toContainText('1 of 3');
  await next.click();
  await next.click();
  await expect(app.status).toContainText('Picture 3 of 3, text.png: text.png is not a picture');
  await expect(app.rows).toHaveCount(0);
  expect((await app.downloaded()).map(({file}) => file)).toEqual(['astronaut.png', 'three-faces.png', 'text.png']);
});

test('stepping back shows the picture\'s own pixels', async ({app}) => {
  await app.open();
  const before = await app.framesDrawn();
  await app.choose(ASTRONAUT);
  await app.drawn(before);
  const first = await app.stagePixels();
  await app.choose(temporary(PLAIN));
  const frames = await app.framesDrawn();
  await app.page.getByRole('button', {name: 'Previous picture'}).click();
  await app.drawn(frames);
  const again = await app.stagePixels();
  // The buttons take some of the stage's height, so the place is a share of it.
  const above = (pixels) => meanColour(pixels, pixels.width / 2, pixels.height * 0.06, 8);
  expect(colourDistance(above(first), above(again))).toBeLessThan(15);
  expect(colourDistance(above(again), [90, 140, 180]), 'not the plain picture').toBeGreaterThan(40);
  // A picture that comes now is shown, as before.
  await app.choose(temporary(THREE_FACES));
  await expect(app.rows).toHaveCount(3);
});

test('a picture without a face says so', async ({app}) => {
  await app.open();
  await app.choose(temporary(PLAIN));
  await expect(app.status).toContainText('No face found');
  // Nothing was aligned or predicted.
  await expect(app.page.locator('#times')).toHaveText(/^relaxed SIMD: decode\s[\d.]+\sms, detect\s[\d.]+\sms$/);
  await expect(app.page.locator('#results-empty')).toContainText('No face found');
  await expect(app.page.locator('#results')).toBeHidden();
});

test('text named .jpg is refused in words, and the page goes on', async ({app}) => {
  await app.open();
  await app.choose({name: 'letter.jpg', buffer: Buffer.from('Dear reader, this is no picture.')});
  await expect(app.status).toContainText('letter.jpg is not a picture');
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
