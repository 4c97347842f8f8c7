// The stage in WebGL2: wraps the C functions of stage.wasm (docs/page.md). Nothing else calls them.
/** @import {Scene, ShownFace, Stage, StageTimes} from './types.js' */

const CONTEXT_WAIT_MS = 3000;
const FACE_FLOATS = 9;  // x, y, width, height, age, age_low, age_high, p_female, number

/**
 * @param {ShownFace[]} faces
 * @returns {Float32Array} [faces, 9]; an unknown interval has its low end above its high end, a face out of
 *     view no box, a lone face no number
 */
export function packFaces(faces) {
  const packed = new Float32Array(faces.length * FACE_FLOATS);
  faces.forEach(({face, number, seen}, index) => {
    const {box, age, age_low: low, age_high: high, p_female: pFemale} = face;
    const interval = low === null || high === null ? [1, 0] : [low, high];
    const place = seen ? [box.x, box.y, box.width, box.height] : [NaN, NaN, NaN, NaN];
    packed.set([...place, age, ...interval, pFemale, faces.length > 1 ? number : 0], index * FACE_FLOATS);
  });
  return packed;
}

/**
 * @param {ShownFace[]} faces @param {number} bins
 * @returns {Float32Array} [faces, bins]; a row of zeros where there is no distribution
 */
export function packDistributions(faces, bins) {
  const packed = new Float32Array(faces.length * bins);
  faces.forEach(({distribution}, index) => {
    if (distribution !== undefined) packed.set(distribution.subarray(0, bins), index * bins);
  });
  return packed;
}

/** @param {StageTimes} ms @returns {Float32Array} [4]; -1: did not run */
export function packTimes(ms) {
  return new Float32Array([ms.decode ?? -1, ms.detect ?? -1, ms.align ?? -1, ms.predict ?? -1]);
}

/**
 * @param {(options: object) => Promise<any>} factory of stage/stage.js
 * @param {WebAssembly.Module} wasm compiled from stage/stage.wasm
 * @param {HTMLCanvasElement} canvas the one with the id "stage"
 * @param {(index: number) => void} onselect a click on the stage selected a face
 * @param {() => void} onlost the context is gone: time for another stage and canvas
 * @returns {Promise<Stage|null>} null: no WebGL2
 */
export async function createStage(factory, wasm, canvas, onselect, onlost) {
  const module = await new Promise((resolve, reject) => {
    factory({
      canvas,
      /** @param {WebAssembly.Imports} imports @param {Function} done */
      instantiateWasm(imports, done) {
        WebAssembly.instantiate(wasm, imports).then((instance) => done(instance, wasm), reject);
        return {};
      },
    }).then(resolve, reject);
  });
  const heap = new Heap(module);
  const started = heap.withText('#stage', (name) => module._stage_start(name));
  if (started === 0) return null;
  return new WebGLStage(module, heap, canvas, onselect, onlost);
}

/** Copies into WebAssembly memory for the length of one call. */
class Heap {
  /** @param {any} module */
  constructor(module) {
    this.module = module;
  }

  /** @template T @param {string} text @param {(pointer: number) => T} call @returns {T} */
  withText(text, call) {
    const bytes = new TextEncoder().encode(text + '\0');
    const pointer = this.module._malloc(bytes.length);
    this.module.HEAPU8.set(bytes, pointer);
    const result = call(pointer);
    this.module._free(pointer);
    return result;
  }

  /** @param {Float32Array[]} arrays @param {(...pointers: number[]) => void} call */
  withFloats(arrays, call) {
    const pointers = arrays.map((array) => this.module._malloc(Math.max(4, array.byteLength)));
    arrays.forEach((array, index) => this.module.HEAPF32.set(array, pointers[index] / 4));
    call(...pointers);
    pointers.forEach((pointer) => this.module._free(pointer));
  }
}

/** @implements {Stage} */
class WebGLStage {
  kind = /** @type {const} */ ('WebGL2');

  /**
   * @param {any} module @param {Heap} heap @param {HTMLCanvasElement} canvas
   * @param {(index: number) => void} onselect @param {() => void} onlost
   */
  constructor(module, heap, canvas, onselect, onlost) {
    this.module = module;
    this.heap = heap;
    this.canvas = canvas;
    this.onselect = onselect;
    this.gl = /** @type {WebGL2RenderingContext} */ (canvas.getContext('webgl2'));
    this.selected = -1;
    /** Drawn again if the context comes back. @type {Scene|null} */
    this.scene = null;
    this.size = {width: 0, height: 0};
    this.frameRequest = 0;
    this.listeners = new AbortController();
    this.#listen(onlost);
    this.observer = observeSize(canvas, (width, height, ratio) => {
      module._stage_resize(width, height, ratio);
      this.#draw();
    });
  }

  frames() {
    return this.module._stage_frames();
  }

  /** @param {Scene|null} scene */
  show(scene) {
    this.scene = scene;
    const width = scene?.width ?? 0;
    const height = scene?.height ?? 0;
    // The next frame of a camera has the size of the last one: nothing to lay out again.
    if (!scene?.live || width !== this.size.width || height !== this.size.height) {
      this.module._stage_picture(width, height);
      this.size = {width, height};
    }
    this.module._stage_mirror(scene?.mirror ? 1 : 0);
    if (scene !== null && scene.image !== null) this.#upload(scene.image);
    const bins = scene?.bins ?? new Float32Array(0);
    const faces = scene?.faces ?? [];
    const distributions = packDistributions(faces, bins.length);
    this.heap.withFloats([packFaces(faces), bins, distributions], (facesAt, binsAt, distributionsAt) =>
      this.module._stage_faces(faces.length, facesAt, bins.length, binsAt, distributionsAt));
    this.heap.withFloats([packTimes(scene?.ms ?? {})], (times) => this.module._stage_timings(times));
    this.#draw();
  }

  /** @param {number} index */
  select(index) {
    this.selected = index;
    this.module._stage_select(index);
    this.#draw();
  }

  /** @param {string} variant */
  engine(variant) {
    if (this.module._stage_engine === undefined) return;
    this.heap.withText(variant, (name) => this.module._stage_engine(name));
    this.#draw();
  }

  destroy() {
    this.listeners.abort();
    this.observer.disconnect();
    cancelAnimationFrame(this.frameRequest);
  }

  /** @param {() => void} onlost */
  #listen(onlost) {
    const signal = this.listeners.signal;
    const pointer = (/** @type {PointerEvent} */ event, inside = 1, buttons = event.buttons) => {
      const bounds = this.canvas.getBoundingClientRect();
      this.module._stage_pointer(event.clientX - bounds.left, event.clientY - bounds.top, buttons, inside);
      this.#draw();
    };
    for (const name of /** @type {const} */ (['pointermove', 'pointerdown', 'pointerup'])) {
      this.canvas.addEventListener(name, (event) => pointer(event), {signal});
    }
    for (const name of /** @type {const} */ (['pointerleave', 'pointercancel'])) {
      this.canvas.addEventListener(name, (event) => pointer(event, 0, 0), {signal});
    }
    this.#listenToContext(onlost, signal);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const theme = () => {
      this.module._stage_theme(dark.matches ? 1 : 0);
      this.#draw();
    };
    dark.addEventListener('change', theme, {signal});
    theme();
  }

  /**
   * A phone that wakes up, or a driver that restarts, gives the context back after a moment.
   * @param {() => void} onlost @param {AbortSignal} signal
   */
  #listenToContext(onlost, signal) {
    let timer = 0;
    this.canvas.addEventListener('webglcontextlost', (event) => {
      event.preventDefault();  // without this it never comes back
      this.module._stage_lost();
      timer = setTimeout(onlost, CONTEXT_WAIT_MS);
    }, {signal});
    this.canvas.addEventListener('webglcontextrestored', () => {
      clearTimeout(timer);
      this.module._stage_restore();
      const selected = this.selected;
      this.show(this.scene);
      this.select(selected);
    }, {signal});
  }

  /** @param {{width: number, height: number, rgba: Uint8ClampedArray}|HTMLCanvasElement} image */
  #upload(image) {
    const gl = this.gl;
    gl.bindTexture(gl.TEXTURE_2D, this.module.GL.textures[this.module._stage_texture()]);
    if (image instanceof HTMLCanvasElement) {
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, image);
    } else {
      const bytes = new Uint8Array(image.rgba.buffer, image.rgba.byteOffset, image.rgba.byteLength);
      gl.texImage2D(
          gl.TEXTURE_2D, 0, gl.RGBA, image.width, image.height, 0, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    }
    gl.bindTexture(gl.TEXTURE_2D, null);
  }

  /** Asks for a frame; as long as the stage wants another one, for the next too, and then no more. */
  #draw() {
    if (this.frameRequest !== 0) return;
    this.frameRequest = requestAnimationFrame((now) => {
      this.frameRequest = 0;
      const more = this.module._stage_frame(now) !== 0;
      this.canvas.dataset.frames = String(this.module._stage_frames());
      const selected = this.module._stage_selected();
      if (selected !== this.selected) {
        this.selected = selected;
        this.onselect(selected);
      }
      if (more) this.#draw();
    });
  }
}

/**
 * Tells the size that makes the canvas' pixels those of the screen. The stage sets it as it draws, since
 * that clears the canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {(width: number, height: number, ratio: number) => void} onsize CSS pixels, and device pixels
 *     per CSS pixel
 * @returns {ResizeObserver}
 */
export function observeSize(canvas, onsize) {
  const observer = new ResizeObserver((entries) => {
    const entry = entries[entries.length - 1];
    const {width, height} = entry.contentRect;
    if (width === 0 || height === 0) return;
    const device = entry.devicePixelContentBoxSize?.[0];
    // More than a pixel apart: emulated screens (developer tools, tests) scale one and not the other.
    if (device === undefined || Math.abs(device.inlineSize - width * devicePixelRatio) > 1) {
      return onsize(width, height, devicePixelRatio);
    }
    const ratio = device.inlineSize / width;
    onsize(width, device.blockSize / ratio, ratio);
  });
  try {
    observer.observe(canvas, {box: 'device-pixel-content-box'});
  } catch {
    observer.observe(canvas);  // Safari before 18 does not know that box
  }
  return observer;
}
