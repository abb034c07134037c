/** Files as messages tell of them (docs/relay.md, "Objects"): what is read from others, made safe. Nothing here has an effect. */

const HASH = /^[0-9a-f]{64}$/;
/** As `type/subtype`; what stands behind a semicolon is nobody's business here. */
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}$/;
/** More than any server may be told to take. */
const MAX_BYTES = 2 ** 40;
const MAX_NAME = 100;
const MAX_EXTENSION = 16;
/** Marks of direction and whatever else is not seen, half surrogate pairs; what joins letters and emoji stays. */
const UNSEEN = /(?!\u200c|\u200d)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;
/** What some file system takes for something else than a part of a name. */
const UNSAFE = /[\\/:*?"<>|]/g;
/** Windows takes these for devices, whatever their extension. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

/**
 * @typedef {object} Announced
 * @property {string} hash
 * @property {number} size in bytes
 * @property {string} name as it is shown and saved
 * @property {string} type `''` where there is none
 */

/**
 * @param {unknown} data of a message
 * @returns {Announced | null} null where it tells of no file, or not as it should
 */
export function announcedIn(data) {
  const { hash, size, name, type } = data?.object ?? {};
  if (typeof hash !== 'string' || !HASH.test(hash)) return null;
  if (!Number.isSafeInteger(size) || size < 0 || size > MAX_BYTES) return null;
  return { hash, size, name: safeName(name), type: typeof type === 'string' && MEDIA_TYPE.test(type) ? type : '' };
}

/**
 * @param {unknown} name
 * @returns {string} one that every system takes for a file in the folder where it is saved, and that shows what it ends with
 */
export function safeName(name) {
  const plain = String(typeof name === 'string' ? name : '').slice(0, 4 * MAX_NAME)
    .replace(UNSEEN, '').replace(UNSAFE, '_').replace(/\s+/gu, ' ').trim()
    .replace(/^\.+/, '').replace(/[. ]+$/, '').trim();
  return shortened(plain).replace(RESERVED, '_$&') || 'file';
}

/** In its middle: what kind of file it is stands at its end. */
function shortened(name) {
  const signs = Array.from(name);
  if (signs.length <= MAX_NAME) return name;
  const dot = signs.lastIndexOf('.');
  const end = dot > 0 && signs.length - dot <= MAX_EXTENSION ? signs.slice(dot) : [];
  return [...signs.slice(0, MAX_NAME - end.length - 1), '…', ...end].join('');
}

/**
 * @param {string} name
 * @returns {[string, string]} what may be cut, and what has to be seen: the end, with its extension
 */
export function nameParts(name) {
  const signs = Array.from(name);
  const dot = signs.lastIndexOf('.');
  const tail = dot > 0 && signs.length - dot <= MAX_EXTENSION ? signs.length - dot : 0;
  return [signs.slice(0, signs.length - tail).join(''), signs.slice(signs.length - tail).join('')];
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** @param {number} bytes */
export function sizeInWords(bytes) {
  let unit = 0;
  let value = bytes;
  // What would be rounded up to 1,000 is one of the next unit.
  for (; value >= 999.5 && unit < UNITS.length - 1; unit++) value /= 1000;
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

const EXTENSIONS = {
  picture: 'png jpg jpeg gif webp avif heic heif bmp tif tiff svg ico',
  film: 'mp4 m4v mov mkv webm avi mpg mpeg ogv ts',
  sound: 'mp3 ogg oga opus flac wav m4a aac mid',
  words: 'txt md pdf doc docx odt rtf csv ods xls xlsx odp ppt pptx log json xml html htm',
  parcel: 'zip gz tgz bz2 xz zst 7z rar tar deb rpm iso dmg',
};
const MAIN_TYPES = { image: 'picture', video: 'film', audio: 'sound', text: 'words' };

/**
 * For its icon. What a system does with it when it is opened goes by its extension: where there is one, a type says nothing else.
 * @param {{name: string, type: string}} file
 * @returns {'picture' | 'film' | 'sound' | 'words' | 'parcel' | 'file'}
 */
export function kindOf({ name, type }) {
  const [, end] = nameParts(name);
  if (end) return Object.keys(EXTENSIONS).find((kind) => EXTENSIONS[kind].split(' ').includes(end.slice(1).toLowerCase())) ?? 'file';
  const main = type.split('/')[0];
  return Object.hasOwn(MAIN_TYPES, main) ? MAIN_TYPES[main] : 'file';
}
