// Which engine variants this browser can run, asked of WebAssembly.validate: no user agent strings.

/** Best first. */
export const KNOWN_VARIANTS = Object.freeze(['relaxed', 'simd']);

/**
 * A module with one function `() -> v128`.
 * @param {number[]} instructions without the closing `end`
 */
function moduleWithFunction(instructions) {
  const body = [0x00, ...instructions, 0x0b];  // no locals; end
  return new Uint8Array([
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,  // "\0asm", version 1
    0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b,        // one type: () -> v128
    0x03, 0x02, 0x01, 0x00,                          // one function of type 0
    0x0a, body.length + 2, 0x01, body.length, ...body,
  ]);
}

const SPLAT_ZERO = [0x41, 0x00, 0xfd, 0x0f];  // i32.const 0, i8x16.splat

/** i8x16.splat: the SIMD of every browser since Safari 16.4. */
export const SIMD_MODULE = moduleWithFunction(SPLAT_ZERO);

/** i8x16.relaxed_swizzle (0x100 as LEB128: 80 02). */
export const RELAXED_MODULE = moduleWithFunction(
    [...SPLAT_ZERO, ...SPLAT_ZERO, 0xfd, 0x80, 0x02]);

/**
 * @param {(bytes: Uint8Array) => boolean} [validate] by default WebAssembly's own
 * @returns {string[]} variants that the browser takes, best first; empty: no SIMD
 */
export function supportedVariants(validate) {
  const check = validate ?? ((bytes) =>
      typeof WebAssembly === 'object' && WebAssembly.validate(/** @type {any} */ (bytes)));
  const takes = (/** @type {Uint8Array} */ bytes) => {
    try {
      return check(bytes);
    } catch {
      return false;
    }
  };
  if (!takes(SIMD_MODULE)) return [];
  return takes(RELAXED_MODULE) ? ['relaxed', 'simd'] : ['simd'];
}

/**
 * The variants to try, in order.
 * @param {string[]} supported
 * @param {string} query the page's query string: `?engine=NAME` forces one
 * @returns {{variants: string[], forced: string|null, unknown: string|null}} `unknown`: what the
 *     query asked for and nobody knows; it changes nothing but is said in the details. A forced
 *     variant is tried even if the browser said that it cannot, so that the reason can be shown.
 */
export function chooseVariants(supported, query) {
  const asked = new URLSearchParams(query).get('engine');
  if (asked === null || asked === '') return {variants: [...supported], forced: null, unknown: null};
  if (KNOWN_VARIANTS.includes(asked)) return {variants: [asked], forced: asked, unknown: null};
  return {variants: [...supported], forced: null, unknown: asked};
}
