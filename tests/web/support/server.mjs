// `ag_native serve` for a folder, and changed copies of the site.
import {spawn} from 'node:child_process';
import {cpSync, mkdtempSync, readFileSync} from 'node:fs';
import {createInterface} from 'node:readline';

import {NATIVE, SITE, temporary} from './places.mjs';

export class Server {
  /** @param {string} root @returns {Promise<Server>} once it listens */
  static async start(root) {
    const log = `${mkdtempSync(temporary('server-'))}/requests`;
    const child = spawn(NATIVE, ['serve', '--root', root, '--port', '0', '--log', log],
        {stdio: ['ignore', 'pipe', 'inherit']});
    const url = await new Promise((resolve, reject) => {
      createInterface({input: child.stdout}).once('line', resolve);
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`ag_native serve ended with code ${code}`)));
    });
    return new Server(child, url, log);
  }

  /** @param {import('node:child_process').ChildProcess} child @param {string} url @param {string} log */
  constructor(child, url, log) {
    this.child = child;
    this.url = url;
    this.log = log;
  }

  /** @returns {string[]} a line for each request so far */
  requests() {
    return readFileSync(this.log, 'utf8').split('\n').filter((line) => line !== '');
  }

  async stop() {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await gone;
  }
}

/** @param {(folder: string) => void} change of the copy @returns {string} the copy's folder */
export function copyOfSite(change) {
  const folder = mkdtempSync(temporary('site-'));
  // With their times: what `change` writes is then newer than the compressed files beside it.
  cpSync(SITE, folder, {recursive: true, preserveTimestamps: true});
  change(folder);
  return folder;
}

/**
 * Turns every fused multiply-add of a relaxed module into its negated form: a valid module that
 * computes nonsense.
 * @param {Buffer} wasm
 * @returns {{wasm: Buffer, count: number}}
 */
export function breakMultiplyAdds(wasm) {
  const MADD = Buffer.from([0xfd, 0x85, 0x02]);  // f32x4.relaxed_madd
  const NMADD = [0xfd, 0x86, 0x02];              // f32x4.relaxed_nmadd
  const broken = Buffer.from(wasm);
  let count = 0;
  for (let at = broken.indexOf(MADD); at !== -1; at = broken.indexOf(MADD, at + 3)) {
    broken.set(NMADD, at);
    count++;
  }
  return {wasm: broken, count};
}
