// The page that `ag_native eval --report` writes, opened as a person opens it: from the disk.
import {expect, test} from '@playwright/test';
import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';

import {dimmedPng, readPng} from '../support/pictures.mjs';
import {ASTRONAUT, NATIVE, SITE, temporary} from '../support/places.mjs';
import {lookAt} from '../support/screens.mjs';

const HOSTILE = '30_1_2_<img src=x onerror=alert(1)>.png';

/** Labelled pictures, and a report on them. @param {string[]} options @returns {string} its folder */
function makeReport(...options) {
  const folder = mkdtempSync(temporary('report-'));
  const faces = join(folder, 'faces');
  mkdirSync(faces);
  const astronaut = readPng(ASTRONAUT);
  const ages = [2, 9, 15, 22, 28, 34, 41, 48, 55, 63, 70, 85];
  ages.forEach((age, i) => {
    const name = `${age}_${i % 2}_${i % 5}_2017010100000000${10 + i}.png`;
    writeFileSync(join(faces, name), dimmedPng(astronaut, 0.4 + 0.05 * i));
  });
  writeFileSync(join(faces, HOSTILE), dimmedPng(astronaut, 1));
  const report = join(folder, 'report');
  execFileSync(NATIVE, ['eval', '--model', join(SITE, 'model/age_gender.agm'), '--detector',
    join(SITE, 'model/face_detector.agm'), '--data', faces, '--report', report, '--resamples', '200', ...options]);
  return report;
}

/** @param {import('@playwright/test').Page} page @returns {string[]} what goes wrong, and what is asked for */
function watch(page) {
  const events = [];
  page.on('console', (message) => events.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => events.push(`not caught: ${error.message}`));
  page.on('dialog', (dialog) => events.push(`dialog: ${dialog.message()}`));
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) events.push(`request: ${request.url()}`);
  });
  return events;
}

test('the report shows its figures, and asks for nothing', async ({page}) => {
  const folder = makeReport();
  const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
  const events = watch(page);
  const url = pathToFileURL(join(folder, 'index.html')).href;
  await page.goto(url);

  const {mae, gender_accuracy: gender} = report.overall;
  expect(mae.count).toBe(13);
  await expect(page.locator('#mae .value')).toHaveText(mae.value.toFixed(2));
  await expect(page.locator('.tiles')).toContainText(mae.value.toFixed(2));
  await expect(page.locator('#mae')).toContainText(`${mae.low.toFixed(2)}–${mae.high.toFixed(2)}`);
  await expect(page.locator('#gender_accuracy .value')).toHaveText(`${(100 * gender.value).toFixed(1)} %`);
  await expect(page.locator('body')).toContainText('must not be published');
  await expect(page.locator('body')).toContainText('what its annotators perceived');
  await expect(page.locator('body')).toContainText(report.model.sha256);

  const charts = page.locator('.charts svg');
  expect(await charts.count()).toBeGreaterThanOrEqual(6);
  for (const chart of await charts.all()) {
    const box = await chart.boundingBox();
    expect(box.width).toBeGreaterThan(200);
    expect(await chart.getAttribute('aria-label')).toBeTruthy();
  }
  const faces = page.locator('.worst img');
  expect(await faces.count()).toBeGreaterThanOrEqual(13);
  const drawn = await faces.evaluateAll((images) => images.filter(({naturalWidth}) => naturalWidth > 0).length);
  expect(drawn).toBe(await faces.count());
  expect(events).toEqual([`request: ${url}`]);
  await lookAt({page}, 'report');
});

test('--worst 0 makes a report without a single picture', async ({page}) => {
  const folder = makeReport('--worst', '0');
  await page.goto(pathToFileURL(join(folder, 'index.html')).href);
  await expect(page.locator('img')).toHaveCount(0);
  await expect(page.locator('body')).not.toContainText('must not be published');
  await expect(page.locator('#mae .value')).toHaveText(/^\d+\.\d\d$/);
});
