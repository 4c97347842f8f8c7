// The Chromium and the server behind `./ag bench peers`.
import {chromium} from '@playwright/test';
import {createReadStream, existsSync} from 'node:fs';
import {createServer} from 'node:http';
import {extname, normalize} from 'node:path';

export const PATIENCE_MS = 300_000;  // a busy machine starts a browser slowly
const TYPES = {'.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm',
  '.json': 'application/json', '.png': 'image/png'};

/** @param {Record<string, string>} places start of an address: the file or folder that it stands for
 *  @param {string} path of an address @returns {string|null} a file */
function fileOf(places, path) {
  const clean = normalize(decodeURIComponent(path));
  const place = Object.keys(places).find((start) => start === clean || (start.endsWith('/') && clean.startsWith(start)));
  const file = place === undefined ? null : places[place] + clean.slice(place.length);
  return file !== null && existsSync(file) ? file : null;
}

/** On 127.0.0.1, any port. @param {Record<string, string>} places as above
 *  @param {string[]} served receives the addresses asked for, in order */
export function startServer(places, served = []) {
  const server = createServer((request, response) => {
    const {pathname} = new URL(request.url, 'http://localhost');
    served.push(pathname);
    const file = fileOf(places, pathname);
    // Isolated, the page's clock ticks in microseconds.
    const headers = {'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp',
      'Content-Type': TYPES[extname(file ?? '')] ?? 'application/octet-stream'};
    response.writeHead(file === null ? 404 : 200, headers);
    if (file === null) response.end();
    else createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

export function launch() {
  return chromium.launch({
    executablePath: process.env.AG_CHROMIUM ?? '/usr/bin/chromium',
    timeout: PATIENCE_MS,
    args: ['--disable-background-networking', '--no-first-run', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
  });
}
