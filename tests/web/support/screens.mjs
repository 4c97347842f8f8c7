// Each state of the page as a person sees it: four screenshots, and axe-core over each of them.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';

import {expect} from './app.mjs';
import {SCREENS} from './places.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = {phone: {width: 390, height: 844}, desktop: {width: 1440, height: 900}};

/** @param {import('@playwright/test').Page} page @returns {Promise<string[]>} a line for each violation */
async function accessibilityViolations(page) {
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(AXE);
  return page.evaluate(async () => {
    const {violations} = await window.axe.run(document, {preload: false});
    return violations.map(({id, help, nodes}) =>
      `${id}: ${help}: ${nodes.map(({target}) => target).join(' ')}`);
  });
}

/**
 * The state that the page is in, on a phone and a desktop, light and dark, into build/screens/.
 * @param {import('./app.mjs').App} app @param {string} name
 */
export async function lookAt(app, name) {
  const {page} = app;
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({colorScheme});
      await settled(page);
      const place = `${name}-${size}-${colorScheme}`;
      await page.screenshot({path: join(SCREENS, `${place}.png`), fullPage: true});
      expect(await accessibilityViolations(page), `axe-core: ${place}`).toEqual([]);
      const overflow = await page.evaluate(() =>
        document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(overflow, `pixels beyond the right edge: ${place}`).toBe(0);
    }
  }
}

/** Until transitions have ended and the stage has drawn. @param {import('@playwright/test').Page} page */
async function settled(page) {
  await page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    await Promise.all(document.getAnimations().map(({finished}) => finished.catch(() => {})));
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });
}
