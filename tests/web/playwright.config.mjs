// Playwright runs the Chromium of the system; it never fetches a browser of its own. Started by run.sh,
// which sets the environment.
import {defineConfig} from '@playwright/test';
import {join} from 'node:path';

import {ROOT, temporary, VIDEO, VIDEO_OF_TWO} from './support/places.mjs';

const browserArguments = [
  '--enable-unsafe-swiftshader',  // without it, no WebGL where there is no graphics card
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),  // Chromium's sandbox refuses root
];

/** @param {string} video that the camera plays */
function fakeCamera(video) {
  return ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${temporary(video)}`];
}

/** @param {string[]} more */
function launch(more = []) {
  return {executablePath: process.env.AG_CHROMIUM, args: [...browserArguments, ...more]};
}

export default defineConfig({
  testDir: 'browser',
  testMatch: '*.test.mjs',
  outputDir: join(ROOT, 'build/web-tests'),
  globalSetup: './support/prepare.mjs',
  workers: 2,
  fullyParallel: true,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: {timeout: 30_000},
  reporter: [['line'], ['junit', {outputFile: process.env.AG_JUNIT}]],
  use: {
    viewport: {width: 1440, height: 900},
    colorScheme: 'light',
    launchOptions: launch(),
  },
  projects: [
    {name: 'page', testIgnore: ['camera.test.mjs', 'people.test.mjs']},
    {
      name: 'camera',
      testMatch: 'camera.test.mjs',
      use: {permissions: ['camera'], launchOptions: launch(fakeCamera(VIDEO))},
    },
    {
      name: 'people',
      testMatch: 'people.test.mjs',
      use: {permissions: ['camera'], launchOptions: launch(fakeCamera(VIDEO_OF_TWO))},
    },
  ],
});
