// Fetches what the page needs before it says ready, and adds up how much of it has come.
import {StartError} from './engine_client.js';

export class Loader {
  /** @param {(received: number, total: number|null) => void} onprogress bytes; total may be unknown */
  constructor(onprogress) {
    this.onprogress = onprogress;
    this.received = 0;
    this.total = 0;
    this.totalKnown = true;
    this.waiting = 0;  // fetches whose size has not come yet
  }

  /**
   * @param {URL} url
   * @returns {Promise<ArrayBuffer>} throws StartError('fetch')
   */
  async bytes(url) {
    const name = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
    this.waiting++;
    let response;
    try {
      response = await fetch(url);
    } catch {
      throw new StartError('fetch', `${name}: no answer`);
    } finally {
      this.waiting--;
    }
    if (!response.ok || response.body === null) {
      throw new StartError('fetch', `${name}: HTTP status ${response.status}`);
    }
    // The length is that of the compressed body where the server compresses: no measure then.
    const length = Number(response.headers.get('content-length') ?? NaN);
    if (Number.isNaN(length) || response.headers.has('content-encoding')) this.totalKnown = false;
    else this.total += length;
    try {
      return await this.#read(response.body.getReader());
    } catch {
      throw new StartError('fetch', `${name}: the connection broke`);
    }
  }

  /** @param {URL} url @returns {Promise<any>} throws StartError */
  async json(url) {
    const bytes = await this.bytes(url);
    try {
      return JSON.parse(new TextDecoder().decode(bytes));
    } catch {
      throw new StartError('fetch', `${url.pathname}: not JSON`);
    }
  }

  /** @param {URL} url @returns {Promise<WebAssembly.Module>} throws StartError */
  async module(url) {
    const bytes = await this.bytes(url);
    try {
      return await WebAssembly.compile(bytes);
    } catch (error) {
      throw new StartError('compile', error instanceof Error ? error.message : String(error));
    }
  }

  /** @param {ReadableStreamDefaultReader<Uint8Array>} reader @returns {Promise<ArrayBuffer>} */
  async #read(reader) {
    const chunks = [];
    let length = 0;
    for (;;) {
      const {done, value} = await reader.read();
      if (done) break;
      chunks.push(value);
      length += value.length;
      this.received += value.length;
      this.onprogress(this.received, this.totalKnown && this.waiting === 0 ? this.total : null);
    }
    const bytes = new Uint8Array(length);
    let offset = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, offset);
      offset += chunk.length;
    }
    return bytes.buffer;
  }
}
