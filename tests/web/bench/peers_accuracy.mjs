// What face-api.js's AgeGenderNet says of the pictures that `ag_native eval --predictions` lists, in the same
// CSV form, for `ag_native compare`. The net sees each picture whole, so the pictures must be tight crops of
// one face, as UTKFace's and FairFace's are and as the net was trained on.
//
// usage: peers_accuracy.mjs --pictures FOLDER --predictions OURS.csv --out THEIRS.csv
//   (through ./ag bench peers-accuracy, which fetches the peer)
import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

import {launch, PATIENCE_MS, startServer} from './browser.mjs';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const AT_ONCE = 32;  // pictures a call into the page

const {values: options} = parseArgs({options: {
  pictures: {type: 'string'}, predictions: {type: 'string'}, out: {type: 'string'},
}});
for (const name of ['pictures', 'predictions', 'out']) {
  if (options[name] === undefined) throw new Error(`--${name}: expected a value`);
}

/** @returns {{file: string, age: string, gender: string}[]} the labels; names of files hold no comma or quote */
function readLabels() {
  const [header, ...lines] = readFileSync(options.predictions, 'utf8').trim().split('\n');
  if (!header.startsWith('file,age,gender,')) {
    throw new Error(`${options.predictions}: expected the columns file,age,gender,..., found '${header}'`);
  }
  return lines.map((line) => {
    const [file, age, gender] = line.split(',');
    if (file.includes('"')) throw new Error(`${options.predictions}: a quoted name: ${line}`);
    return {file, age, gender};
  });
}

const labels = readLabels();
const server = await startServer({
  '/bench/': fileURLToPath(new URL('./', import.meta.url)),
  '/face-api/': `${ROOT}.deps/face-api/`,
  '/tfjs-wasm/': `${ROOT}.deps/tfjs-wasm/dist/`,
  '/pictures/': `${options.pictures.replace(/[/]+$/, '')}/`,
});
const browser = await launch();
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(`http://127.0.0.1:${server.address().port}/bench/peers_accuracy.html`);
  await page.waitForFunction(() => 'predict' in window);
  const rows = ['file,age,gender,age_predicted,p_female'];
  for (let i = 0; i < labels.length; i += AT_ONCE) {
    const some = labels.slice(i, i + AT_ONCE);
    const urls = some.map(({file}) => `/pictures/${file.split('/').map(encodeURIComponent).join('/')}`);
    const results = await page.evaluate((list) => window.predict(list), urls);
    results.forEach(({age, pFemale}, k) => {
      rows.push(`${some[k].file},${some[k].age},${some[k].gender},${age.toFixed(4)},${pFemale.toFixed(6)}`);
    });
  }
  writeFileSync(options.out, `${rows.join('\n')}\n`);
  console.log(`${options.out}: ${labels.length} pictures; compare with: ` +
    `ag_native compare ${options.out} ${options.predictions}`);
} finally {
  await browser.close();
  server.closeAllConnections();
  server.close();
}
