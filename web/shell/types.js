// The shapes that travel between page and Worker (docs/page.md), as JSDoc types. No code.

/** @typedef {{x: number, y: number, width: number, height: number}} Box pixels, upright picture */

/**
 * @typedef {object} Face
 * @property {Box} box
 * @property {number[][]} eyes the eye at the left of the picture first
 * @property {number} score of the detector, 0 to 1
 * @property {number} age years
 * @property {number|null} age_low years; null: the net knows no interval
 * @property {number|null} age_high
 * @property {number} p_female probability of the data set's label "female"
 * @property {string[]} flags
 */

/**
 * @typedef {object} PictureRecord what the command line writes (docs/output-schema.md)
 * @property {number} schema
 * @property {string} file
 * @property {number} [width]
 * @property {number} [height]
 * @property {number} [rotation]
 * @property {Face[]} [faces]
 * @property {{code: string, message: string}} [error] instead of the four above
 */

/** @typedef {{decode?: number, detect?: number, align?: number, predict?: number}} StageTimes ms */

/**
 * @typedef {object} Prediction the Worker's `result`
 * @property {PictureRecord} record
 * @property {Float32Array|null} bins years, or null for a net with a plain value
 * @property {Float32Array[]} distributions one per face
 * @property {StageTimes} ms
 * @property {{width: number, height: number, rgba: ArrayBuffer}|null} preview
 */

/**
 * @typedef {object} NetInfo
 * @property {string} file
 * @property {string} name
 * @property {string} licence
 * @property {string} source
 * @property {number} width
 * @property {number} height
 * @property {'rgb'|'bgr'|'gray'} colour
 * @property {'distribution'|'value'} age
 * @property {number} parameters
 * @property {number} bytes
 */

/** @typedef {{variant: string, step: string, error: string}} VariantFailure */

/**
 * What a stage draws, whichever of the two it is.
 * @typedef {object} Scene
 * @property {number} width of the picture, in the pixels in which the boxes are given
 * @property {number} height
 * @property {Face[]} faces
 * @property {Float32Array|null} bins
 * @property {Float32Array[]} distributions
 * @property {StageTimes} ms
 * @property {boolean} mirror
 * @property {boolean} live one of many frames of a camera
 * @property {{width: number, height: number, rgba: Uint8ClampedArray}|HTMLCanvasElement|null} image
 *     pixels of the same proportions; null: the pixels of the last scene stay
 */

/**
 * @typedef {object} Stage
 * @property {'WebGL2'|'2D canvas'} kind
 * @property {(scene: Scene|null) => void} show
 * @property {(index: number) => void} select -1: none
 * @property {(variant: string) => void} engine the one that answers, shown with the times; '': none
 * @property {() => number} frames frames drawn since the start
 * @property {() => void} destroy
 */

export {};
