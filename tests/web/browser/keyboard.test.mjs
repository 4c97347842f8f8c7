// The page without a pointer.
import {expect, test} from '../support/app.mjs';
import {ASTRONAUT, temporary, THREE_FACES} from '../support/places.mjs';

/**
 * What the Tab key reaches, in order, from the top of the page to its end.
 * @param {import('../support/app.mjs').App} app
 */
async function tabStops(app) {
  const stops = [];
  await app.page.evaluate(() => document.activeElement?.blur());
  for (let presses = 0; presses < 30; presses++) {
    await app.page.keyboard.press('Tab');
    const stop = await app.page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return null;
      return element.id || element.getAttribute('aria-label') || element.textContent.trim();
    });
    if (stop === null || stop === stops[0]) break;
    stops.push(stop);
  }
  return stops;
}

test('Tab reaches all that can be operated, in the order of the page', async ({app}) => {
  await app.open();
  const always = ['choose-picture', 'camera-button', 'choose-model'];
  expect(await tabStops(app)).toEqual([...always, 'Details', 'Licences']);
  await app.choose(temporary(THREE_FACES));
  expect(await tabStops(app)).toEqual([...always, 'Show face 1 on the stage', 'Show face 2 on the stage',
    'Show face 3 on the stage', 'copy-button', 'download-button', 'Details', 'Licences']);
  await app.choose(ASTRONAUT);
  expect(await tabStops(app)).toEqual([...always, 'previous-button', 'next-button', 'Show face 1 on the stage',
    'copy-button', 'download-button', 'Details', 'Licences']);
});

test('the file inputs open with the keyboard, and focus is seen', async ({app}) => {
  // Listening from the start: only then does Chromium report the dialog instead of opening it.
  const multiple = [];
  app.page.on('filechooser', (chooser) => multiple.push(chooser.isMultiple()));
  await app.open();
  for (const [count, id] of ['choose-picture', 'choose-model'].entries()) {
    await app.page.locator(`#${id}`).focus();
    await expect(app.page.locator(`label[for=${id}]`)).toHaveCSS('outline-style', 'solid');
    await app.page.keyboard.press('Space');
    await expect.poll(() => multiple.length).toBe(count + 1);
  }
  expect(multiple).toEqual([true, false]);
});

test('the result is spoken by a polite live region', async ({app}) => {
  await app.open();
  await expect(app.status).toHaveAttribute('aria-live', 'polite');
  await app.choose(temporary(THREE_FACES));
  await expect(app.status).toContainText(/3 faces\. Face 1: age \d+ \(\d+ to \d+\), labelled/);
});
