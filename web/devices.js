/** This device's cameras, microphones and screens. */

/** What a camera is asked for; it gives what is next to that. */
const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
const SCREEN = { frameRate: { ideal: 30 }, width: { max: 1920 }, height: { max: 1080 } };

export const screenCanBeShared = () => Boolean(navigator.mediaDevices?.getDisplayMedia);

/**
 * Names are known once the browser has allowed the use of one.
 * @returns {Promise<{cameras: MediaDeviceInfo[], microphones: MediaDeviceInfo[]}>}
 */
export async function listDevices() {
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  const of = (kind) => devices.filter((device) => device.kind === kind && device.deviceId);
  return { cameras: of('videoinput'), microphones: of('audioinput') };
}

/**
 * @param {{id?: string, facing?: string}} which neither: the browser's choice
 */
const pictureOf = ({ id, facing }) => ({ ...PICTURE, ...(id && { deviceId: { exact: id } }), ...(facing && { facingMode: { ideal: facing } }) });

/** @param {{id?: string, facing?: string}} which */
export async function openCamera(which) {
  return (await navigator.mediaDevices.getUserMedia({ video: pictureOf(which) })).getVideoTracks()[0];
}

/** @param {string} [id] */
export async function openMicrophone(id) {
  return (await navigator.mediaDevices.getUserMedia({ audio: id ? { deviceId: { exact: id } } : true })).getAudioTracks()[0];
}

/**
 * Both with one question to whoever sits there; the picture alone where there is no sound to be had.
 * @param {{facing?: string}} which
 * @returns {Promise<MediaStreamTrack[]>}
 */
export async function openCameraWithSound(which) {
  try {
    return (await navigator.mediaDevices.getUserMedia({ video: pictureOf(which), audio: true })).getTracks();
  } catch {
    return [await openCamera(which)];
  }
}

/** @returns {Promise<MediaStreamTrack[]>} with the sound of what is shared, where the browser and whoever sits there give it */
export async function openScreen() {
  const tracks = (await navigator.mediaDevices.getDisplayMedia({ video: SCREEN, audio: true })).getTracks();
  // Letters rather stay sharp than move smoothly.
  for (const track of tracks) if (track.kind === 'video') track.contentHint = 'detail';
  return tracks;
}

/**
 * Why it can't be had, in words.
 * @param {Error} error of one of these
 * @param {'camera' | 'microphone' | 'screen'} what
 */
export function wordsForDevice(error, what) {
  switch (error.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return what === 'screen' ? 'The screen was not shared.'
        : `The browser does not let this page use the ${what}. Allow it beside the address, then try again.`;
    case 'NotFoundError':
    case 'OverconstrainedError':
      return what === 'screen' ? 'There is no screen to share.' : `This device has no ${what} that is free to use.`;
    case 'NotReadableError':
    case 'AbortError':
      return `The ${what} does not start: another program may be using it.`;
    default:
      return `The ${what} can't be used: ${error.message}`;
  }
}
