// The camera, played by Chromium from a video of the astronaut.
import {expect, test} from '../support/app.mjs';
import {lookAt} from '../support/screens.mjs';

/** Counts the frames that wait for an answer of the Worker, and the most there ever were. */
function countFramesInFlight() {
  const flights = {now: 0, most: 0, answered: 0};
  window.flights = flights;
  const post = Worker.prototype.postMessage;
  const seen = new WeakSet();
  Worker.prototype.postMessage = function(message, ...rest) {
    if (!seen.has(this)) {
      seen.add(this);
      this.addEventListener('message', ({data}) => {
        if (data.type !== 'result') return;
        flights.now--;
        flights.answered++;
      });
    }
    if (message.type === 'frame') flights.most = Math.max(flights.most, ++flights.now);
    return post.call(this, message, ...rest);
  };
}

/** @param {import('../support/app.mjs').App} app until the first face is in the table */
async function startCamera(app) {
  await app.cameraButton.click();
  await expect(app.cameraButton).toHaveText('Stop camera');
  await expect(app.rows).toHaveCount(1);
}

/** No further frame is drawn. @param {import('../support/app.mjs').App} app */
async function expectAtRest(app) {
  await expect(async () => {
    const before = await app.framesDrawn();
    await app.page.waitForTimeout(500);
    expect(await app.framesDrawn()).toBe(before);
  }).toPass();
}

test('a face before the camera gets an age, again and again, one frame in flight', async ({app}) => {
  await app.page.addInitScript(countFramesInFlight);
  await app.open();
  await startCamera(app);
  expect(await app.shownAge(0)).toBeGreaterThan(0);
  await expect(app.details).toContainText('frames/s');
  await app.page.waitForFunction(() => window.flights.answered >= 5);
  expect(await app.page.evaluate(() => window.flights.most)).toBe(1);
  await expect(app.page.locator('#results-caption')).toContainText('camera');
});

test('the numbers stand still while the face moves, and the box follows it', async ({app}) => {
  await app.page.addInitScript(countFramesInFlight);
  await app.open();
  await startCamera(app);
  // Until the running numbers have found their place.
  await app.page.waitForFunction(() => window.flights.answered >= 60);
  const boxes = new Set();
  const ages = new Set();
  const texts = new Set();
  for (let look = 0; look < 20; look++) {
    const before = await app.page.evaluate(() => window.flights.answered);
    await app.page.waitForFunction((count) => window.flights.answered > count, before);
    const [record] = await app.records();
    expect(record.faces.map(({track}) => track.id)).toEqual([1]);
    boxes.add(record.faces[0].box.x);
    ages.add(record.faces[0].age);
    texts.add((await app.rows.first().locator('td').allTextContents()).slice(1, 4).join(' | '));
  }
  expect(boxes.size).toBeGreaterThan(5);
  expect(ages.size, 'the frames\' own ages').toBeGreaterThan(5);
  expect(texts.size, `age, interval and label: ${[...texts].join('; ')}`).toBeLessThanOrEqual(2);
});

test('the record of a run is its last frame, as the command line writes it', async ({app}) => {
  await app.open();
  await startCamera(app);
  await expect.poll(async () => (await app.records())[0].frame).toBeGreaterThan(5);
  await app.cameraButton.click();
  await expectAtRest(app);
  const [record, ...more] = await app.downloaded();
  expect(more).toEqual([]);
  expect(Object.keys(record)).toEqual(['schema', 'file', 'frame', 'width', 'height', 'rotation', 'flags', 'faces']);
  const {track} = record.faces[0];
  expect(Object.keys(track)).toEqual(['id', 'sightings', 'age', 'age_low', 'age_high', 'p_female']);
  expect(track.sightings).toBeGreaterThan(5);
  // The page tells the running numbers, in whole years.
  expect(Math.abs(await app.shownAge(0) - track.age)).toBeLessThanOrEqual(0.76);
  // Another run counts anew.
  await startCamera(app);
  await expect.poll(async () => (await app.records()).map(({faces}) => faces[0]?.track?.id)).toEqual([1, 1]);
});

test('the frame that is shown is the camera\'s', async ({app}) => {
  await app.open();
  await startCamera(app);
  const pixels = await app.stagePixels();
  // The video is gray left and right of the astronaut, whose suit is orange and background dark.
  const colours = new Set();
  for (let i = 0; i < pixels.data.length; i += 4 * 97) colours.add(pixels.data.readUIntBE(i, 3) & 0xf0f0f0);
  expect(colours.size).toBeGreaterThan(50);
});

test('stop stops', async ({app}) => {
  await app.open();
  await startCamera(app);
  await app.cameraButton.click();
  await expect(app.cameraButton).toHaveText('Start camera');
  await expect(app.status).toHaveText('The camera is off.');
  await expectAtRest(app);
  await startCamera(app);  // and it can start again
  // One record for each run.
  await expect.poll(async () => (await app.records()).map(({file}) => file)).toEqual(['camera', 'camera']);
});

test('a hidden page switches the camera off', async ({app}) => {
  await app.open();
  await startCamera(app);
  await app.page.evaluate(() => {
    Object.defineProperty(document, 'hidden', {configurable: true, value: true});
    Object.defineProperty(document, 'visibilityState', {configurable: true, value: 'hidden'});
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await expect(app.cameraButton).toHaveText('Start camera');
  await expect(app.status).toContainText('the page was hidden');
  await app.page.evaluate(() => {
    delete document.hidden;
    delete document.visibilityState;
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await expectAtRest(app);
});

test('the camera is not asked for before the click', async ({app}) => {
  await app.page.addInitScript(() => {
    window.asked = 0;
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (constraints) => {
      window.asked++;
      return ask(constraints);
    };
  });
  await app.open();
  expect(await app.page.evaluate(() => window.asked)).toBe(0);
  await startCamera(app);
  expect(await app.page.evaluate(() => window.asked)).toBe(1);
});

test('a picture that is chosen ends the camera', async ({app}) => {
  await app.open();
  await startCamera(app);
  await app.choose({name: 'letter.jpg', buffer: Buffer.from('no picture')});
  await expect(app.cameraButton).toHaveText('Start camera');
  await expect(app.status).toContainText('letter.jpg is not a picture');
});

test.describe('without permission', () => {
  test.use({permissions: []});

  test('a denied camera says what to do', async ({app}) => {
    await app.open();
    await app.cameraButton.click();
    await expect(app.status).toContainText('Camera access was refused. Allow it');
    await expect(app.cameraButton).toHaveText('Start camera');
    await lookAt(app, 'camera-denied');
  });
});

test('how the running camera looks', async ({app}) => {
  await app.open();
  await startCamera(app);
  await lookAt(app, 'camera');
});
