// Every sentence that a person reads, and the formatting of numbers in them. Pure: no DOM, so that
// tests run it in node. Numbers and units are held together by no-break spaces.
/** @import {Face, NetInfo, PictureRecord, StageTimes, VariantFailure} from './types.js' */

const NBSP = '\u00a0';

export const WORDS = Object.freeze({
  loadingTitle: 'Loading',
  startingText: 'Starting the engine and checking it on a known picture.',
  ready: 'Ready. Choose, drop or paste a picture, or start the camera.',
  readyFinger: 'Ready. Choose a picture, or start the camera.',
  loading: 'Loading the engine and the models.',
  hintTitle: 'No picture yet',
  hintText: 'Drop one here, choose one, paste one, or start the camera. JPEG, PNG, BMP, GIF and PPM, and ' +
      'whatever else your browser can read.',
  hintFinger: 'Choose one, or start the camera. JPEG, PNG, BMP, GIF and PPM, and whatever else your ' +
      'browser can read.',
  emptyResults: 'Faces will be listed here.',
  noFace: 'No face found. Try a closer or sharper picture, in which the face is not turned away.',
  outOfView: 'out of view',
  waitingForEngine: 'Picture received. It will be processed as soon as the engine is ready.',
  droppedNoFile: 'That was a link or text, not a file. This page fetches nothing: save the ' +
      'picture first, then drop the file.',
  pastedNoFile: 'There is no picture on the clipboard. Copy a picture (not its link), then paste.',
  copied: 'The result is on the clipboard.',
  copyFailed: 'The browser does not allow copying here. Use “Download JSON”.',
  cameraStart: 'Start camera',
  cameraStop: 'Stop camera',
  cameraAsking: 'Your browser asks whether this page may use the camera. The pictures stay on this ' +
      'machine.',
  cameraStarted: 'The camera is on. Its pictures stay on this machine.',
  cameraStopped: 'The camera is off.',
  cameraHidden: 'The camera was switched off because the page was hidden. Press “Start camera” to ' +
      'continue.',
  cameraEnded: 'The camera stopped: it was unplugged, or switched off outside this page. Press ' +
      '“Start camera” to try again.',
  engineRestarting: 'The engine stopped unexpectedly. Starting it again.',
  engineRestarted: 'The engine stopped unexpectedly and was started again. Try once more; if it ' +
      'happens with the same picture, choose another.',
  engineDead: 'The engine stopped again and stays off. Reload the page to continue.',
  failedTitle: 'The engine is not running',
  noWebAssembly: 'This browser does not run WebAssembly, or it is switched off (Lockdown Mode and some ' +
      'company policies do that). Allow it for this page, or use another browser.',
  noSimd: 'This browser is too old for the engine: it lacks WebAssembly SIMD. Chrome or Edge 91, ' +
      'Firefox 89, Safari 16.4 and newer have it.',
  filesMissing: 'A file of the page could not be fetched. Check the connection, then reload.',
  allVariantsFailed: 'No variant of the engine started. Reload the page, or try another browser; the ' +
      'details say what failed.',
  noWebGL: 'WebGL2 is not available here, so a plain canvas draws instead; everything else works the ' +
      'same.',
  webGLLost: 'WebGL2 was lost, so a plain canvas draws instead; everything else works the same.',
  noInterval: 'unknown',
  browserDecoded: 'Decoded by your browser, not by the engine: results can differ a little from the ' +
      'command line’s.',
});

// --- numbers ----------------------------------------------------------------------------------

/** @param {number} years "34.2" */
export function ageText(years) {
  return years.toFixed(1);
}

/** @param {Face} face "21 to 51", or "unknown" */
export function intervalText(face) {
  if (face.age_low === null || face.age_high === null) return WORDS.noInterval;
  return `${Math.round(face.age_low)}${NBSP}to${NBSP}${Math.round(face.age_high)}`;
}

/**
 * The likelier of the two labels and its probability.
 * @param {number} pFemale
 */
export function genderOf(pFemale) {
  const female = pFemale >= 0.5;
  return {label: female ? 'female' : 'male', percent: Math.round((female ? pFemale : 1 - pFemale) * 100)};
}

/** @param {number} pFemale "labelled female 79 %" */
export function genderText(pFemale) {
  const {label, percent} = genderOf(pFemale);
  return `labelled ${label} ${percent}${NBSP}%`;
}

/** @param {number} bytes "830 KB", "1.8 MB" (powers of ten) */
export function bytesText(bytes) {
  if (bytes < 1000) return `${bytes}${NBSP}bytes`;
  if (bytes < 999_500) return `${Math.round(bytes / 1000)}${NBSP}KB`;
  return `${(bytes / 1e6).toFixed(1)}${NBSP}MB`;
}

/** @param {number} ms three digits are enough: "0.84 ms", "12.3 ms", "140 ms" */
export function msText(ms) {
  const digits = ms < 10 ? 2 : ms < 100 ? 1 : 0;
  return `${ms.toFixed(digits)}${NBSP}ms`;
}

/** @param {number} count "890,278" */
export function countText(count) {
  return count.toLocaleString('en-US');
}

/** @param {number} width @param {number} height */
export function megapixelsText(width, height) {
  return `${Math.max(0.1, width * height / 1e6).toFixed(1)}${NBSP}megapixels`;
}

const FLAG_WORDS = Object.freeze({
  too_small: 'too small',
  cut_off: 'cut off',
  box_only: 'not aligned',
  blurred: 'blurred',
  turned_away: 'turned away',
  too_dark: 'too dark',
  too_bright: 'too bright',
});

/** @param {string[]} flags a flag of a newer engine shows under its own name */
function flagWords(flags) {
  return flags.map((flag) => /** @type {Record<string, string>} */ (FLAG_WORDS)[flag] ??
      flag.replaceAll('_', ' '));
}

/** @param {string[]} flags for the table: "too small, blurred", or "–" */
export function flagsText(flags) {
  return flags.length === 0 ? '–' : flagWords(flags).join(', ');
}

// --- sentences about results --------------------------------------------------------------------

/** @param {number} count "1 face", "3 faces" */
export function facesCount(count) {
  return count === 1 ? '1 face' : `${count} faces`;
}

/** @param {Face} face "age 34 (21 to 51), labelled female with 79 %", and its notes: " (blurred)" */
export function faceSentence(face) {
  const interval = face.age_low === null || face.age_high === null ?
      '' : ` (${Math.round(face.age_low)} to ${Math.round(face.age_high)})`;
  const {label, percent} = genderOf(face.p_female);
  const notes = face.flags.length === 0 ? '' : ` (${flagWords(face.flags).join(', ')})`;
  return `age ${Math.round(face.age)}${interval}, labelled ${label} with ${percent}${NBSP}%${notes}`;
}

/** How many faces the spoken sentence describes: the table has them all. */
const SPOKEN_FACES = 3;

/**
 * What the live region says of a picture.
 * @param {Face[]} faces
 */
export function resultSentence(faces) {
  if (faces.length === 0) return WORDS.noFace;
  if (faces.length === 1) return `1 face: ${faceSentence(faces[0])}`;
  const spoken = faces.slice(0, SPOKEN_FACES)
      .map((face, index) => `Face ${index + 1}: ${faceSentence(face)}`).join('. ');
  const more = faces.length > SPOKEN_FACES ? '. The others are in the table.' : '.';
  return `${facesCount(faces.length)}. ${spoken}${more}`;
}

/**
 * The same for the camera: no numbers that flicker.
 * @param {Face[]} faces
 */
export function cameraSentence(faces) {
  if (faces.length === 0) return 'Camera: no face in view.';
  const parts = faces.slice(0, SPOKEN_FACES).map((face) =>
      `age about ${Math.round(face.age)}, labelled ${genderOf(face.p_female).label}`);
  const more = faces.length > SPOKEN_FACES ? '; and more' : '';
  return `Camera: ${facesCount(faces.length)}: ${parts.join('; ')}${more}`;
}

/**
 * Decides when the camera's live region may speak again: not more often than every `interval`
 * milliseconds, and only if somebody came or went, a label changed, or an age moved noticeably. That nobody is
 * there must have held for a while: a face is known by its second frame only, and a hand may pass before it.
 */
export class CameraAnnouncer {
  /** @param {number} interval ms @param {number} ageStep years @param {number} emptyFor ms */
  constructor(interval = 4000, ageStep = 3, emptyFor = 1000) {
    this.interval = interval;
    this.ageStep = ageStep;
    this.emptyFor = emptyFor;
    this.last = -Infinity;
    /** @type {number|null} since when nobody has been there */
    this.emptySince = null;
    /** @type {Face[]|null} */
    this.said = null;
  }

  /**
   * @param {Face[]} faces
   * @param {number} now ms
   * @returns {string|null} the sentence, or null: stay silent
   */
  next(faces, now) {
    this.emptySince = faces.length > 0 ? null : this.emptySince ?? now;
    if (this.emptySince !== null && now - this.emptySince < this.emptyFor) return null;
    if (now - this.last < this.interval || !this.differs(faces)) return null;
    this.last = now;
    this.said = faces;
    return cameraSentence(faces);
  }

  /** @param {Face[]} faces */
  differs(faces) {
    const said = this.said;
    if (said === null || said.length !== faces.length) return true;
    return faces.slice(0, SPOKEN_FACES).some((face, index) =>
      Math.abs(face.age - said[index].age) >= this.ageStep ||
      genderOf(face.p_female).label !== genderOf(said[index].p_female).label);
  }
}

/** @param {number} rotation degrees by which the picture had to be turned clockwise; 0: as it is */
export function rotationNote(rotation) {
  if (rotation === 0) return '';
  const turn = rotation === 180 ? 'upside down' : `turned by ${rotation} degrees`;
  return `No face is upright in this picture; the marked ones were found by looking at it ${turn}.`;
}

const PICTURE_FLAG_WORDS = Object.freeze({
  colour_profile: 'This picture’s colours are not in sRGB and were not converted: ages can be off by a ' +
      'few years.',
  truncated: 'Part of this picture’s file is missing.',
});

/** @param {string[]} flags of the picture; one of a newer engine shows under its own name */
export function pictureFlagsNote(flags) {
  return flags.map((flag) => /** @type {Record<string, string>} */ (PICTURE_FLAG_WORDS)[flag] ??
      `${flag.replaceAll('_', ' ')}.`).join(' ');
}

/** @param {number} index of the picture that is shown; -1: none @param {number} count */
export function pagerText(index, count) {
  return index < 0 ? `${count} pictures` : `${index + 1} of ${count}`;
}

/** @param {number} index @param {number} count @param {string} file @param {string} words of the result */
export function stepText(index, count, file, words) {
  return `Picture ${index + 1} of ${count}, ${file}: ${words}`;
}

/** @param {PictureRecord} record caption of the table */
export function captionText(record) {
  return `${record.file}, ${record.width} × ${record.height} pixels`;
}

/** @param {PictureRecord|null} record what the canvas shows, for those who do not see it */
export function canvasLabel(record) {
  if (record === null) return 'No picture yet';
  const faces = record.faces ?? [];
  return `${record.file} with ${faces.length === 0 ? 'no face found' : facesCount(faces.length) + ' marked'}`;
}

// --- loading ------------------------------------------------------------------------------------

/**
 * @param {number} received bytes
 * @param {number|null} total bytes; null: not every server says
 */
export function loadingText(received, total) {
  return total === null ? `${bytesText(received)} fetched` :
      `${bytesText(received)} of ${bytesText(total)}`;
}

/** @param {VariantFailure} failure its error may begin with the step's name too */
export function failureText({variant, step, error}) {
  const why = error.startsWith(`${step}: `) ? error.slice(step.length + 2) : error;
  return `${variant}: ${step} failed: ${why}`;
}

/** @param {string} variant a forced one that the browser refuses */
export function forcedFailedText(variant) {
  return `?engine=${variant} asks for one variant only, and it did not start here. Remove it from the ` +
      'address to let the page choose; the details say what failed.';
}

/** @param {string} file @param {number} index from 0 @param {number} count */
export function workingText(file, index, count) {
  return count === 1 ? `Looking at ${file}` : `Looking at ${file} (${index + 1} of ${count})`;
}

// --- pictures -----------------------------------------------------------------------------------

/** @param {string} file @param {string|undefined} format as the engine calls it, where it knows it */
function notReadText(file, format) {
  if (format === 'HEIC' || (format === undefined && /\.hei[cf]$/i.test(file))) {
    return `${file} is a HEIC picture, which this browser cannot read. Export it as JPEG, or open ` +
        'this page in Safari.';
  }
  if (format !== undefined) {
    return `${file} is ${format}, which neither the engine nor your browser can read. Export the picture as ` +
        'JPEG or PNG, or choose another file.';
  }
  return `${file} is not a picture that the engine or your browser can read. Choose a JPEG or PNG file; ` +
      'its name alone does not make a file a picture.';
}

/**
 * Why a picture gave no result, and what to do.
 * @param {string} file
 * @param {{code: string, message: string}} error
 * @param {{width: number, height: number}} [size] upright, 0 where unknown
 */
export function pictureErrorText(file, error, size = {width: 0, height: 0}) {
  switch (error.code) {
    case 'empty':
      return `${file} is empty. Choose another picture.`;
    case 'too_large': {
      const why = size.width > 0 ? `${size.width} × ${size.height} pixels` : error.message;
      return `${file} is too large (${why}). Make it smaller, then try again.`;
    }
    case 'unknown_format':
    case 'unsupported_image':
      return notReadText(file, /^this is (.+), which is not read here/.exec(error.message)?.[1]);
    case 'corrupt_image':
      return `${file} is broken (${error.message}). Choose another copy of it.`;
    case 'out_of_memory':
      return `There is not enough memory for ${file}. Close other tabs, or choose a smaller picture.`;
    case 'io':
      return `${file} could not be read: it is a folder, or it was moved or changed. Choose it again.`;
    default:
      return `${file}: ${error.message}`;
  }
}

/**
 * What the result must say about pixels that the engine did not decode itself.
 * @param {{width: number, height: number, fullWidth: number, fullHeight: number}} decoded
 */
export function browserDecodedNote(decoded) {
  if (decoded.width === decoded.fullWidth && decoded.height === decoded.fullHeight) {
    return WORDS.browserDecoded;
  }
  return `${WORDS.browserDecoded} It has ${megapixelsText(decoded.fullWidth, decoded.fullHeight)} and was ` +
      `shrunk to ${decoded.width} × ${decoded.height} pixels; boxes are in pixels of the whole picture.`;
}

/** @param {string[]} files names of those that failed while others did not */
export function notReadNote(files) {
  return `Not read: ${files.join(', ')}. “Download JSON” says why.`;
}

/** @param {string[]} files @param {string} why the engine does not run */
export function notTakenText(files, why) {
  return `Not accepted: ${files.join(', ')}. ${why}`;
}

// --- models -------------------------------------------------------------------------------------

/** @param {string} file @param {string} message the reader's words @param {NetInfo} kept */
export function modelRefusedText(file, message, kept) {
  const words = message.replace(/\.$/, '');
  return `${file} was refused: ${words}. The model in use stays: ${kept.name} (${kept.file}).`;
}

/** @param {string} file the last @param {number} count @returns {string} '' for a single one */
export function modelChosenText(file, count) {
  return count === 1 ? '' : `Of ${count} models, the last one is used: ${file}. `;
}

/** @param {NetInfo} net */
export function modelUsedText(net) {
  return `Now using ${net.name} (${net.file}): ${net.width} × ${net.height} ${net.colour}` +
      `${net.age === 'value' ? '; it gives no distribution over ages' : ''}.`;
}

// --- camera -------------------------------------------------------------------------------------

/**
 * @param {string} name of the DOMException
 * @param {{secure: boolean, available: boolean, allowed: boolean}} context secure: the page is a
 *     secure context; available: there is navigator.mediaDevices; allowed: no policy forbids it
 */
export function cameraErrorText(name, context) {
  if (!context.secure) {
    return 'Browsers allow the camera on secure pages only. Open this page over https:// or from ' +
        'http://localhost.';
  }
  if (!context.available) return 'This browser does not offer the camera to pages. Use another browser.';
  if (!context.allowed || name === 'SecurityError') {
    return 'A policy forbids the camera on this page: the server’s Permissions-Policy, or the page ' +
        'that this one is embedded in. Open the page by itself, or ask whoever runs it.';
  }
  switch (name) {
    case 'NotAllowedError':
    case 'PermissionDeniedError':
      return 'Camera access was refused. Allow it in the browser’s site settings (the icon left of the ' +
          'address) and in the system’s privacy settings, then press “Start camera” again.';
    case 'NotFoundError':
    case 'DevicesNotFoundError':
      return 'No camera was found. Connect one, then press “Start camera” again; or choose a picture.';
    case 'NotReadableError':
    case 'TrackStartError':
    case 'AbortError':
      return 'The camera is in use by another program, or does not answer. Close the other program, then ' +
          'press “Start camera” again.';
    case 'OverconstrainedError':
      return 'That camera is gone. Choose another one.';
    default:
      return `The camera did not start (${name}). Try again, or choose a picture.`;
  }
}

// --- details ------------------------------------------------------------------------------------

const VARIANT_NAMES = Object.freeze({simd: 'SIMD', relaxed: 'relaxed SIMD'});

/** @param {StageTimes} ms @returns {[string, number][]} stages that ran, in their order */
function stagesThatRan(ms) {
  /** @type {[string, number|undefined][]} */
  const stages = [['decode', ms.decode], ['detect', ms.detect], ['align', ms.align], ['predict', ms.predict]];
  return /** @type {[string, number][]} */ (
      stages.filter(([, time]) => typeof time === 'number' && time >= 0));
}

/**
 * "relaxed SIMD: decode 34 ms, detect 14 ms, align 0.2 ms, predict 6 ms".
 * @param {string} variant @param {StageTimes} ms @returns {string} '' if no stage ran
 */
export function timesLine(variant, ms) {
  const name = /** @type {Record<string, string>} */ (VARIANT_NAMES)[variant] ?? variant;
  const stages = stagesThatRan(ms).map(([stage, time]) =>
    `${stage}${NBSP}${Number(time.toFixed(time < 10 ? 1 : 0))}${NBSP}ms`);
  return stages.length === 0 ? '' : `${name}: ${stages.join(', ')}`;
}

/** @param {StageTimes} ms "decode 4.10 ms\n..." and the sum; stages that did not run are left out */
export function timesText(ms) {
  const ran = stagesThatRan(ms);
  if (ran.length === 0) return '–';
  const sum = ran.reduce((total, [, time]) => total + time, 0);
  return [...ran, /** @type {[string, number]} */ (['together', sum])]
      .map(([stage, time]) => `${stage} ${msText(time)}`).join('\n');
}

/**
 * Rows of the details, as [term, text]; empty texts are left out.
 * @param {object} facts
 * @param {string|null} facts.variant
 * @param {boolean} facts.forced
 * @param {string|null} facts.unknownVariant
 * @param {VariantFailure[]} facts.failures
 * @param {{instantiate: number, load: number, selfTest: number}|null} facts.startMs
 * @param {string} facts.version of the build
 * @param {string} facts.stage
 * @param {NetInfo|null} facts.net
 * @param {StageTimes|null} facts.ms
 * @param {string} facts.decoder
 * @param {number|null} facts.framesPerSecond
 * @returns {[string, string][]}
 */
export function detailRows(facts) {
  const net = facts.net;
  const start = facts.startMs;
  /** @type {[string, string][]} */
  const rows = [
    ['Engine', facts.variant === null ? 'not running' :
        `WebAssembly ${facts.variant}${facts.forced ? ' (forced)' : ''}`],
    ['Version', facts.version],
    ['Not known', facts.unknownVariant === null ? '' : `?engine=${facts.unknownVariant}`],
    ['Failed', facts.failures.map(failureText).join('\n')],
    ['Time', facts.ms === null ? '' : timesText(facts.ms)],
    ['Camera', facts.framesPerSecond === null ? '' : `${facts.framesPerSecond.toFixed(1)} frames/s`],
    ['Decoded by', facts.decoder],
    ['Stage', facts.stage],
    ['Start', start === null ? '' : `instantiate ${msText(start.instantiate)}\nload ` +
        `${msText(start.load)}\nself-test ${msText(start.selfTest)}`],
  ];
  if (net !== null) {
    rows.push(
        ['Model', `${net.name} (${net.file})`],
        ['Input', `${net.width} × ${net.height} ${net.colour}`],
        ['Ages', net.age === 'distribution' ? 'a distribution' : 'one value, no interval'],
        ['Size', `${countText(net.parameters)} parameters, ${bytesText(net.bytes)}`],
        ['Licence', net.licence],
        ['Trained on', net.source]);
  }
  return rows.filter(([, text]) => text !== '');
}

// --- files --------------------------------------------------------------------------------------

/** @param {PictureRecord} record as the command line writes it: a name is Unicode, whatever the system calls it */
export function jsonLine(record) {
  return JSON.stringify({...record, file: record.file.replace(/\p{Surrogate}/gu, '\uFFFD')});
}

/** @param {PictureRecord[]} records one a line */
export function jsonLines(records) {
  return records.map((record) => jsonLine(record) + '\n').join('');
}
