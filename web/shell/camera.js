// The camera: asked for only when start() is called, one frame in flight, the newest wins.
import {fitSide} from './files.js';

/** Longest side of the frames that the engine gets: faces are found at a quarter of that anyway. */
const MAX_SIDE = 1280;

/** The name of the error says why it does not start; words.js has the sentence. */
export class CameraError extends Error {
  /** @param {string} name */
  constructor(name) {
    super(name);
    this.name = name;
  }
}

/** What words.js needs to know besides the error's name. */
export function cameraContext() {
  const policy = /** @type {any} */ (document).permissionsPolicy ??
      /** @type {any} */ (document).featurePolicy;
  return {
    secure: window.isSecureContext,
    available: typeof navigator.mediaDevices?.getUserMedia === 'function',
    allowed: policy?.allowsFeature?.('camera') ?? true,
  };
}

export class Camera {
  /**
   * @param {(frame: HTMLCanvasElement, pixels: ImageData) => Promise<void>} onframe the next frame is
   *     taken after its promise is kept; the canvas holds the frame until then
   * @param {() => void} onended the system or the device ended it; not after stop()
   */
  constructor(onframe, onended) {
    this.onframe = onframe;
    this.onended = onended;
    this.video = document.createElement('video');
    this.video.muted = true;
    this.video.playsInline = true;
    this.canvas = document.createElement('canvas');
    /** @type {MediaStream|null} */
    this.stream = null;
    this.session = 0;  // start() and stop() each begin a new one: what belongs to an old one ends
    this.mirror = false;
  }

  get running() {
    return this.stream !== null;
  }

  /**
   * @param {string} deviceId '' for the one that faces the user
   * @returns {Promise<boolean>} false: stopped before it began; throws CameraError
   */
  async start(deviceId) {
    this.stop();
    const session = ++this.session;
    const context = cameraContext();
    if (!context.secure || !context.available || !context.allowed) throw new CameraError('SecurityError');
    let stream;
    try {
      stream = await this.#open(deviceId);
    } catch (error) {
      if (session !== this.session) return false;
      throw error;
    }
    if (session !== this.session) {
      end(stream);
      return false;
    }
    const track = stream.getVideoTracks()[0];
    track.addEventListener('ended', () => {
      if (session !== this.session) return;
      this.stop();
      this.onended();
    });
    // A camera without a facing mode stands on a desk and looks at its user.
    this.mirror = track.getSettings().facingMode !== 'environment';
    this.stream = stream;
    this.video.srcObject = stream;
    try {
      await this.video.play();
    } catch {
      if (session !== this.session) return false;
      this.stop();
      throw new CameraError('NotReadableError');
    }
    if (session !== this.session) return false;
    this.#frames(session);
    return true;
  }

  stop() {
    this.session++;
    if (this.stream !== null) end(this.stream);
    this.stream = null;
    this.video.srcObject = null;
  }

  /** @returns {Promise<{id: string, label: string}[]>} after permission; before it labels are empty */
  async choices() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter((device) => device.kind === 'videoinput' && device.deviceId !== '')
        .map((device, index) => ({id: device.deviceId, label: device.label || `Camera ${index + 1}`}));
  }

  /** The device in use, '' if none. */
  get deviceId() {
    return this.stream?.getVideoTracks()[0]?.getSettings().deviceId ?? '';
  }

  /** @param {string} deviceId @returns {Promise<MediaStream>} */
  async #open(deviceId) {
    const size = {width: {ideal: 1280}, height: {ideal: 720}};
    const video = deviceId === '' ? {...size, facingMode: 'user'} : {...size, deviceId: {exact: deviceId}};
    try {
      return await navigator.mediaDevices.getUserMedia({video, audio: false});
    } catch (error) {
      throw new CameraError(error instanceof Error ? error.name : 'Error');
    }
  }

  /** @param {number} session */
  async #frames(session) {
    while (session === this.session) {
      await this.#newFrame();
      if (session !== this.session) return;
      const pixels = this.#grab();
      if (pixels !== null) await this.onframe(this.canvas, pixels);
    }
  }

  /** Resolves at the next frame that the camera delivers, or that the screen shows. */
  #newFrame() {
    return new Promise((resolve) => {
      if ('requestVideoFrameCallback' in this.video) this.video.requestVideoFrameCallback(resolve);
      else requestAnimationFrame(resolve);
    });
  }

  /** @returns {ImageData|null} null before the first frame */
  #grab() {
    const {videoWidth, videoHeight} = this.video;
    if (videoWidth === 0 || videoHeight === 0) return null;
    const {width, height} = fitSide(videoWidth, videoHeight, MAX_SIDE);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    const context = this.canvas.getContext('2d', {willReadFrequently: true});
    if (context === null) return null;
    context.drawImage(this.video, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  }
}

/** @param {MediaStream} stream */
function end(stream) {
  for (const track of stream.getTracks()) track.stop();
}
