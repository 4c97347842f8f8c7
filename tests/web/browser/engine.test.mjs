// Which engine runs, and what is said when one or all of them do not.
import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

import {expect, test} from '../support/app.mjs';
import {ASTRONAUT, MODELS, temporary} from '../support/places.mjs';
import {breakMultiplyAdds} from '../support/server.mjs';

const RELAXED = 'engine/engine_relaxed.wasm';

test('relaxed SIMD is preferred where the browser has it', async ({app}) => {
  await app.open();
  await expect(app.html).toHaveAttribute('data-variant', 'relaxed');
  await expect(app.details).toContainText('WebAssembly relaxed');
});

for (const variant of ['simd', 'relaxed']) {
  test(`?engine=${variant} forces that variant`, async ({app}) => {
    await app.open(`?engine=${variant}`);
    await expect(app.html).toHaveAttribute('data-variant', variant);
    await expect(app.details).toContainText(`WebAssembly ${variant} (forced)`);
    const fetched = app.server.requests().filter((line) => line.includes('.wasm')).slice(-2).join();
    expect(fetched).toContain(`engine_${variant}.wasm`);
    await app.choose(ASTRONAUT);
    const name = {simd: 'SIMD', relaxed: 'relaxed SIMD'}[variant];
    await expect(app.page.locator('#times')).toBeVisible();
    await expect(app.page.locator('#times')).toHaveText(
        new RegExp(`^${name}: decode\\s[\\d.]+\\sms, detect\\s.+, align\\s.+, predict\\s[\\d.]+\\sms$`));
  });
}

test('an unknown ?engine= is named and changes nothing', async ({app}) => {
  await app.open('?engine=turbo');
  await expect(app.html).toHaveAttribute('data-variant', 'relaxed');
  await expect(app.details).toContainText('?engine=turbo');
});

test('an engine that computes wrongly fails its self-test, and the next one is taken',
    async ({app, serveCopy}) => {
      const server = await serveCopy((folder) => {
        const file = join(folder, RELAXED);
        const {wasm, count} = breakMultiplyAdds(readFileSync(file));
        expect(count).toBeGreaterThan(0);
        expect(WebAssembly.validate(wasm)).toBe(true);
        writeFileSync(file, wasm);
      });
      await app.open('', server);
      await expect(app.html).toHaveAttribute('data-variant', 'simd');
      await expect(app.details).toContainText('relaxed: self-test failed');
      await app.choose(ASTRONAUT);
      await expect(app.rows).toHaveCount(1);
    });

test('a forced engine that computes wrongly is not replaced', async ({app, serveCopy}) => {
  const server = await serveCopy((folder) => {
    const file = join(folder, RELAXED);
    writeFileSync(file, breakMultiplyAdds(readFileSync(file)).wasm);
  });
  await app.load('?engine=relaxed', server);
  await expect(app.html).toHaveAttribute('data-state', 'failed');
  await expect(app.status).toContainText('?engine=relaxed asks for one variant only');
});

test.describe('with a file missing', () => {
  test.use({allowedErrors: /404/});

  test('a missing relaxed engine: simd is taken', async ({app, serveCopy}) => {
    const server = await serveCopy((folder) => rmSync(join(folder, RELAXED)));
    await app.open('', server);
    await expect(app.html).toHaveAttribute('data-variant', 'simd');
    await expect(app.details).toContainText('engine_relaxed.wasm: HTTP status 404');
  });

  test('a missing model: failed, in words', async ({app, serveCopy}) => {
    const server = await serveCopy((folder) => rmSync(join(folder, 'model/age_gender.agm')));
    await app.load('', server);
    await expect(app.html).toHaveAttribute('data-state', 'failed');
    await expect(app.status).toContainText('could not be fetched');
    await expect(app.details).toContainText('age_gender.agm: HTTP status 404');
  });
});

test('the page shows the version that its site was built with', async ({app, serveCopy}) => {
  const server = await serveCopy((folder) => {
    const {version} = JSON.parse(readFileSync(join(folder, 'model/self_test.json'), 'utf8'));
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    writeFileSync(join(folder, 'model/self_test.json'), readFileSync(join(folder, 'model/self_test.json'), 'utf8')
        .replace(`"version":"${version}"`, '"version":"7.8.9"'));
  });
  await app.load('', server);
  await expect(app.page.locator('#details-list')).toContainText('7.8.9');
});

test('a test may end while the page still fetches from its copy of the site', async ({app, serveCopy}) => {
  await app.load('', await serveCopy(() => {}));
  await app.page.evaluate(() => {
    const fetchOn = () => fetch('icon.svg', {cache: 'no-store'}).then(fetchOn);
    for (let i = 0; i < 4; i++) fetchOn();
  });
});

test('no engine that passes its self-test: failed, in words', async ({app, serveCopy}) => {
  const server = await serveCopy((folder) => {
    const file = join(folder, 'model/self_test.json');
    const selfTest = JSON.parse(readFileSync(file, 'utf8'));
    selfTest.values = selfTest.values.map((value) => value + 1);
    writeFileSync(file, JSON.stringify(selfTest));
  });
  await app.load('', server);
  await expect(app.html).toHaveAttribute('data-state', 'failed');
  await expect(app.status).toContainText('No variant of the engine started');
  await expect(app.page.locator('#overlay-title')).toHaveText('The engine is not running');
  for (const variant of ['relaxed', 'simd']) {
    await expect(app.details).toContainText(`${variant}: self-test failed`);
  }
  await expect(app.cameraButton).toBeDisabled();
  await expect(app.page.locator('#choose-picture')).toBeDisabled();
  for (const take of ['drop', 'paste']) {
    await app[take]();
    await app[take](ASTRONAUT);
    await expect(app.status).toHaveText(/Not accepted: astronaut\.png\. No variant of the engine started/);
  }
});

test('a browser without SIMD gets words instead of an engine', async ({app}) => {
  await app.page.addInitScript(() => {
    WebAssembly.validate = () => false;
  });
  await app.load();
  await expect(app.html).toHaveAttribute('data-state', 'failed');
  await expect(app.status).toContainText('it lacks WebAssembly SIMD');
});

test('a browser without WebAssembly gets words too', async ({app}) => {
  await app.page.addInitScript(() => {
    delete globalThis.WebAssembly;
  });
  await app.load();
  await expect(app.html).toHaveAttribute('data-state', 'failed');
  await expect(app.status).toContainText('does not run WebAssembly');
});

test.describe('an engine that dies', () => {
  test.use({allowedErrors: /a crash on purpose/});

  test('is started again, once', async ({app}) => {
    await app.open();
    await app.choose(ASTRONAUT);
    const age = await app.shownAge(0);
    await app.crash();
    await expect(app.rows).toHaveCount(0);
    await app.choose(ASTRONAUT);
    expect(await app.shownAge(0)).toBe(age);
    await app.page.workers()[0].evaluate(() => {
      setTimeout(() => {
        throw new Error('a crash on purpose');
      });
    });
    await expect(app.html).toHaveAttribute('data-state', 'failed');
    await expect(app.status).toContainText('stopped again and stays off');
  });

  test('comes back with a person\'s own model', async ({app}) => {
    await app.open();
    await app.chooseModel(join(temporary(MODELS), 'notebook.agm'));
    await app.crash();
    await expect(app.details).toContainText('notebook.agm');
    await app.choose(ASTRONAUT);
    await expect(app.rows.first()).toContainText('unknown');
  });
});
