// What the page and its Worker may not do.
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

import {expect, test} from '../support/app.mjs';
import {ASTRONAUT} from '../support/places.mjs';

test('no request after ready', async ({app}) => {
  await app.open();
  await app.choose(ASTRONAUT);
  await app.choose({name: 'astronaut.webp', buffer: await app.encoded('image/webp', ASTRONAUT)});
  await app.downloaded();
  await app.page.emulateMedia({colorScheme: 'dark'});
  expect(app.requestsAfterReady()).toEqual([]);
});

test('each file of the site is there and fetched once', async ({app, serveCopy}) => {
  const server = await serveCopy(() => {});
  await app.open('', server);
  const requests = server.requests();
  expect(requests.filter((line) => !/ (200|304) \d+$/.test(line))).toEqual([]);
  const targets = requests.filter((line) => / 200 /.test(line)).map((line) => line.split(' ')[1]);
  expect(targets).toHaveLength(new Set(targets).size);
});

test('nothing in the Worker can send a request', async ({app}) => {
  await app.open();
  const [worker] = app.page.workers();
  const left = await worker.evaluate(() =>
    ['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource', 'WebTransport', 'importScripts']
        .filter((name) => globalThis[name] !== undefined));
  expect(left).toEqual([]);
});

test.describe('a script below /engine/ that tries', () => {
  test.use({allowedErrors: /Content Security Policy|connect-src/});

  test('is refused by the policy of its own response', async ({app, serveCopy}) => {
    const server = await serveCopy((folder) => writeFileSync(join(folder, 'engine/probe.js'), `
      const refused = new Promise((resolve) => addEventListener('securitypolicyviolation',
          (event) => resolve(event.effectiveDirective)));
      fetch('../model/self_test.json').then(
          () => postMessage('fetched'), async () => postMessage('refused by ' + await refused));
    `));
    await app.open('', server);
    const outcome = await app.page.evaluate(() => new Promise((resolve, reject) => {
      const worker = new Worker('engine/probe.js', {type: 'module'});
      worker.onmessage = ({data}) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    }));
    expect(outcome).toBe('refused by connect-src');
    expect(server.requests().filter((line) => line.includes('self_test'))).toHaveLength(1);
    app.requestsAtReady = -1;  // the probe itself was fetched
  });
});

test.describe('the policy of the page', () => {
  test.use({allowedErrors: /Content Security Policy|refused (inline|http)/});

  test('refuses inline script, inline style and other origins', async ({app}) => {
    await app.open();
    const refused = await app.page.evaluate(async () => {
      const script = document.createElement('script');
      script.textContent = 'window.inlineRan = true';
      const style = document.createElement('style');
      style.textContent = 'body { color: red }';
      document.head.append(script, style);
      const image = new Image();
      const failed = new Promise((resolve) => image.addEventListener('error', resolve));
      image.src = 'http://127.0.0.1:9/picture.png';
      await failed;
      return {ran: window.inlineRan === true, violations: window.policyViolations};
    });
    expect(refused.ran).toBe(false);
    for (const directive of ['script-src', 'style-src', 'img-src']) {
      expect(refused.violations).toContainEqual(expect.stringContaining(directive));
    }
  });
});

test('header and page carry the same policy', async ({app, request}) => {
  await app.open();
  const html = readFileSync(new URL('../../../web/shell/index.html', import.meta.url), 'utf8');
  const inPage = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)[1];
  const headers = (await request.get(app.server.url)).headers();
  expect(headers['content-security-policy']).toBe(`${inPage}; frame-ancestors 'none'`);
  app.requestsAtReady = -1;  // this test asked the server by itself
});
