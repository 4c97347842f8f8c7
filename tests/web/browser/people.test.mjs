// Two people before the camera, one of whom is hidden for a moment now and then.
import {expect, test} from '../support/app.mjs';
import {lookAt} from '../support/screens.mjs';

/** @param {import('../support/app.mjs').App} app until both are in the table */
async function startCamera(app) {
  await app.cameraButton.click();
  await expect(app.rows).toHaveCount(2);
}

test('each keeps number and row, also the one who is hidden for a moment', async ({app}) => {
  await app.open();
  await startCamera(app);
  // Three seconds are once around in the video.
  const seen = await app.page.evaluate(async () => {
    const states = new Set();
    const end = performance.now() + 7000;
    while (performance.now() < end) {
      const rows = [...document.querySelectorAll('#results-body tr')];
      states.add(rows.map((row) => row.cells[0].textContent + (row.classList.contains('away') ? ' away' : '')).join(', '));
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return [...states];
  });
  for (const state of seen) expect(state.replaceAll(' away', '')).toBe('1, 2');
  expect(seen.some((state) => state.includes('away')), seen.join(' | ')).toBe(true);
});

test('the choice stays with the person', async ({app}) => {
  await app.open();
  await startCamera(app);
  await app.rows.nth(1).locator('button').click();
  const answers = await app.page.evaluate(async () => {
    const pressed = new Set();
    const end = performance.now() + 4000;
    while (performance.now() < end) {
      pressed.add(document.querySelector('#results-body [aria-pressed="true"]')?.textContent);
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return [...pressed];
  });
  expect(answers).toEqual(['2']);
  await expect(app.rows.nth(1).locator('button')).toBeFocused();
});

test('how two people look', async ({app}) => {
  await app.open();
  await startCamera(app);
  await lookAt(app, 'people');
});
