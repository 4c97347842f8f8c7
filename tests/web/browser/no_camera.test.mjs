// A machine without a camera: here no fake one is given to Chromium.
import {expect, test} from '../support/app.mjs';

test.use({permissions: ['camera']});

test('no camera says what to do', async ({app}) => {
  await app.open();
  await app.cameraButton.click();
  await expect(app.status).toContainText('No camera was found. Connect one');
  await expect(app.cameraButton).toHaveText('Start camera');
});
