// A phone: a finger is all there is to point with.
import {expect, test} from '../support/app.mjs';

test.use({viewport: {width: 390, height: 844}, hasTouch: true, isMobile: true});

test('nobody is told to drop files or to press keys', async ({app}) => {
  await app.open();
  await expect(app.page.locator('.paste-hint')).toBeHidden();
  await expect(app.status).toHaveText('Ready. Choose a picture, or start the camera.');
  await expect(app.page.locator('#overlay-text')).toHaveText(/^Choose one, or start the camera\./);
});
