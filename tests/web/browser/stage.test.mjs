// The canvas: that it draws, what it draws, and that it rests.
import {readFileSync} from 'node:fs';

import {expect, test} from '../support/app.mjs';
import {colourDistance, differentPixels, meanColour, readPng} from '../support/pictures.mjs';
import {ASTRONAUT, ASTRONAUT_RECORD, temporary, THREE_FACES} from '../support/places.mjs';

/** Places of the picture, as parts of its sides, that no box, label or panel covers. */
const PLACES = [[0.08, 0.08], [0.3, 0.1], [0.7, 0.1], [0.92, 0.08], [0.1, 0.45], [0.9, 0.35], [0.25, 0.5]];

/**
 * Where the astronaut lies: as high as the stage and in its middle (web/app/layout.h).
 * @param {{width: number, height: number}} stage
 */
function placeOfAstronaut(stage) {
  const picture = readPng(ASTRONAUT);
  const scale = stage.height / picture.height;
  const left = Math.floor((stage.width - picture.width * scale) / 2);
  return {picture, at: (x, y) => [left + x * scale, y * scale], scale};
}

/** @param {import('../support/pictures.mjs').Rgba} stage */
function expectAstronautOn(stage) {
  const {picture, at, scale} = placeOfAstronaut(stage);
  for (const [right, down] of PLACES) {
    const [x, y] = [right * picture.width, down * picture.height];
    const expected = meanColour(picture, x, y, 4);
    const found = meanColour(stage, ...at(x, y), Math.round(4 * scale));
    expect(colourDistance(expected, found), `colour at ${right}, ${down}`).toBeLessThan(20);
  }
}

test('WebGL draws the picture and the face\'s box', async ({app}) => {
  await app.open();
  await expect(app.details).toContainText('WebGL2');
  const before = await app.framesDrawn();
  await app.choose(ASTRONAUT);
  await app.drawn(before);
  const stage = await app.stagePixels();
  expectAstronautOn(stage);

  const {picture, at, scale} = placeOfAstronaut(stage);
  const {box} = JSON.parse(readFileSync(temporary(ASTRONAUT_RECORD), 'utf8')).faces[0];
  let outlined = 0;
  for (let part = 0.3; part < 0.75; part += 0.1) {
    const [x, y] = [box.x, box.y + part * box.height];
    const own = meanColour(picture, x, y, 0);
    // The line is some pixels wide and lies on the box's edge.
    const shown = [-3, -2, -1, 0, 1, 2, 3].map((dx) => meanColour(stage, at(x, y)[0] + dx, y * scale, 0));
    if (Math.max(...shown.map((colour) => colourDistance(colour, own))) > 80) outlined++;
  }
  expect(outlined).toBeGreaterThanOrEqual(4);
});

test('without WebGL2 the page shows picture, chart and results all the same', async ({app}) => {
  await app.withoutWebGL();
  await app.open();
  await expect(app.note).toContainText('WebGL2 is not available here');
  await expect(app.details).toContainText('2D canvas');
  const before = await app.framesDrawn();
  await app.choose(ASTRONAUT);
  await app.drawn(before);
  await expect(app.rows).toHaveCount(1);
  const stage = await app.stagePixels();
  const colours = new Set();
  for (let i = 0; i < stage.data.length; i += 4 * 97) colours.add(stage.data.readUIntBE(i, 3) & 0xf0f0f0);
  expect(colours.size).toBeGreaterThan(100);
});

test.describe('on a screen with two pixels for one', () => {
  test.use({deviceScaleFactor: 2});

  test('the canvas has the screen\'s pixels', async ({app}) => {
    await app.open();
    await app.choose(ASTRONAUT);
    await expect.poll(() => app.stage.evaluate((canvas) => canvas.width / canvas.clientWidth))
        .toBeCloseTo(2, 1);
  });
});

test('nothing is drawn while nothing changes', async ({app}) => {
  await app.open();
  const before = await app.framesDrawn();
  await app.choose(ASTRONAUT);
  await app.drawn(before);
  const atRest = await app.framesDrawn();
  await app.page.waitForTimeout(1000);
  expect(await app.framesDrawn()).toBe(atRest);
});

test('the theme follows the system', async ({app}) => {
  await app.open();
  const before = await app.framesDrawn();
  await app.choose(ASTRONAUT);
  await app.drawn(before);
  const corner = async () => meanColour(await app.stagePixels(), 20, 320, 3);
  const light = await corner();
  const frames = await app.framesDrawn();
  await app.page.emulateMedia({colorScheme: 'dark'});
  await app.drawn(frames);
  const dark = await corner();
  expect(Math.min(...light)).toBeGreaterThan(200);
  expect(Math.max(...dark)).toBeLessThan(60);
});

test('a face chosen on the stage is chosen in the table', async ({app}) => {
  await app.open();
  const before = await app.framesDrawn();
  await app.choose(temporary(THREE_FACES));
  await app.drawn(before);
  expect(await app.selected()).toBe(0);
  const [record] = await app.records();
  const {box} = [...record.faces].sort((a, b) => a.box.x - b.box.x)[1];  // numbered from the left
  const size = await app.stage.boundingBox();
  const scale = Math.min(size.width / record.width, size.height / record.height);
  await app.page.mouse.click(
      size.x + (size.width - record.width * scale) / 2 + (box.x + box.width / 2) * scale,
      size.y + (size.height - record.height * scale) / 2 + (box.y + box.height / 2) * scale);
  await expect(app.rows.nth(1).locator('button')).toHaveAttribute('aria-pressed', 'true');
  expect(await app.selected()).toBe(1);
});

test('a face chosen by keyboard changes the stage', async ({app}) => {
  await app.open();
  const before = await app.framesDrawn();
  await app.choose(temporary(THREE_FACES));
  await app.drawn(before);
  const first = await app.stagePixels();
  const frames = await app.framesDrawn();
  await app.rows.nth(0).locator('button').focus();
  await app.page.keyboard.press('Tab');
  await app.page.keyboard.press('Enter');
  await app.drawn(frames);
  expect(await app.selected()).toBe(1);
  await expect(app.rows.nth(1).locator('button')).toHaveAttribute('aria-pressed', 'true');
  expect(differentPixels(first, await app.stagePixels())).toBeGreaterThan(500);
});

test('a lost WebGL context comes back with the picture', async ({app}) => {
  await app.open();
  const before = await app.framesDrawn();
  await app.choose(ASTRONAUT);
  await app.drawn(before);
  const frames = await app.framesDrawn();
  await app.page.evaluate(async () => {
    const canvas = document.getElementById('stage');
    const extension = canvas.getContext('webgl2').getExtension('WEBGL_lose_context');
    const lost = new Promise((resolve) => canvas.addEventListener('webglcontextlost', resolve));
    extension.loseContext();
    await lost;
    await new Promise((resolve) => setTimeout(resolve));  // restoring is allowed once the event is over
    const restored = new Promise((resolve) => canvas.addEventListener('webglcontextrestored', resolve));
    extension.restoreContext();
    await restored;
  });
  await app.drawn(frames);
  expectAstronautOn(await app.stagePixels());
});
