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
 * @property {Quality} quality
 * @property {string[]} flags
 * @property {Track} [track] of a camera's face that was seen more than once
 */

/**
 * @typedef {object} Quality
 * @property {number} eye_distance pixels
 * @property {number} sharpness 0 to 1
 * @property {number} yaw degrees, as pitch and roll
 * @property {number} pitch
 * @property {number} roll
 * @property {number} brightness 0 to 1
 * @property {number} outside 0 to 1, the share of the crop that lies outside of the picture
 */

/**
 * @typedef {object} Track one person through the frames of a camera, and the running numbers
 * @property {number} id 1, 2, ...
 * @property {number} sightings
 * @property {number} age
 * @property {number|null} age_low
 * @property {number|null} age_high
 * @property {number} p_female
 */

/**
 * @typedef {object} ShownFace a face as the page shows it (faces.js)
 * @property {number} number in the table and on the stage: of a picture 1, 2, ... as one reads, of the
 *     camera the track's id
 * @property {Face} face of the camera: with its track's numbers in place of the frame's own
 * @property {Float32Array|undefined} distribution
 * @property {boolean} seen false: the camera lost it just now
 */

/**
 * @typedef {object} PictureRecord what the command line writes (docs/output-schema.md)
 * @property {number} schema
 * @property {string} file
 * @property {number} [frame] of a camera, from 0
 * @property {number} [width]
 * @property {number} [height]
 * @property {number} [rotation]
 * @property {string[]} [flags] the picture's own
 * @property {Face[]} [faces]
 * @property {{code: string, message: string}} [error] instead of those above
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
 * @property {ShownFace[]} faces
 * @property {Float32Array|null} bins
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
