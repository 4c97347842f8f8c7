// A person's own model.
import {join} from 'node:path';

import {expect, test} from '../support/app.mjs';
import {ASTRONAUT, MODELS, temporary} from '../support/places.mjs';
import {predictNatively} from '../support/prepare.mjs';

/** @param {string} name */
const model = (name) => join(temporary(MODELS), name);

for (const variant of ['simd', 'relaxed']) {
  test(`a dropped model is used, and the table adapts (${variant})`, async ({app}) => {
    await app.open(`?engine=${variant}`);
    await app.choose(ASTRONAUT);
    await expect(app.rows.first()).toContainText(/\d+\sto\s\d+/);
    await app.drop(model('notebook.agm'));
    await expect(app.status).toContainText('128 × 128 gray');
    await expect(app.details).toContainText('one value, no interval');
    await expect(app.rows.first()).toContainText('unknown');
    await expect(app.details).not.toContainText('decode');  // the kept picture is used
    const native = predictNatively(ASTRONAUT, model('notebook.agm'));
    expect(Math.abs(await app.shownAge(0) - native.faces[0].age)).toBeLessThanOrEqual(0.1);
    const records = await app.downloaded();
    expect(records).toHaveLength(1);
    expect(records[0].faces[0].age_low).toBeNull();
  });
}

test('a model may come before the first picture', async ({app}) => {
  await app.open();
  await app.chooseModel(model('notebook.agm'));
  await expect(app.status).toContainText('notebook.agm');
  await app.choose(ASTRONAUT);
  await expect(app.rows.first()).toContainText('unknown');
});

test('model and picture dropped together: the picture gets the new model', async ({app}) => {
  await app.open();
  await app.drop(ASTRONAUT, model('notebook.agm'));
  await expect(app.rows.first()).toContainText('unknown');
});

test('of several models the last is used, and the page says so', async ({app}) => {
  await app.open();
  await app.drop(model('flipped.agm'), model('notebook.agm'));
  await expect(app.status).toContainText('Of 2 models, the last one is used: notebook.agm. Now using');
});

test('a new model with no picture kept has nothing to predict again', async ({app}) => {
  await app.open();
  const [worker] = app.page.workers();
  const answer = await worker.evaluate(() => new Promise((resolve) => {
    const post = globalThis.postMessage;
    globalThis.postMessage = (message) => {
      globalThis.postMessage = post;
      resolve(message);
    };
    dispatchEvent(new MessageEvent('message', {data: {type: 'again', id: 0}}));
  }));
  expect([answer.type, answer.error.code]).toEqual(['error', 'no_picture']);
});

const BROKEN = {
  'truncated.agm': /truncated\.agm was refused: .+/,
  'flipped.agm': /flipped\.agm was refused: .*(hash|SHA|checksum|digest)/i,
  'wrong_kind.agm': /wrong_kind\.agm was refused: .+/,
};
for (const [name, words] of Object.entries(BROKEN)) {
  test(`${name} is refused in the reader's words, and the old model answers`, async ({app}) => {
    await app.open();
    await app.choose(ASTRONAUT);
    const before = await app.shownAge(0);
    await app.drop(model(name));
    await expect(app.status).toHaveText(words);
    await expect(app.status).toContainText('The model in use stays');
    await expect(app.status).toHaveAttribute('data-kind', 'error');
    await app.choose(ASTRONAUT);
    await expect(app.status).toContainText('1 face');
    expect(await app.shownAge(0)).toBe(before);
  });
}
