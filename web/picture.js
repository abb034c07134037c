/**
 * Pictures made safe: what a file is, and how large a picture it makes, is read from its first bytes; only then is a browser's
 * decoder let at it; what is shown is the drawing, never the file.
 */

/** Where a JPEG tells its size may be behind a preview and a profile. */
const HEADER_BYTES = 256 * 1024;
/** Decoded, a picture takes 4 bytes of each. */
const MAX_PIXELS = 50_000_000;
const MAX_SIDE = 16_384;
/** Nothing larger is decoded, however small the picture. */
const MAX_BYTES = 32 * 1024 * 1024;
/** Twice what is shown, for fine screens. */
const DRAWN = { width: 520, height: 400 };

/** @typedef {{type: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp', width: number, height: number}} Header */

/**
 * @param {Uint8Array} bytes the first ones of a file
 * @returns {Header | null} null where this is no such picture, or does not say how large it is
 */
export function readHeader(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const starts = (signs, at = 0) => bytes.length >= at + signs.length && Array.from(signs).every((sign, i) => bytes[at + i] === sign.charCodeAt(0));
  const header = (type, width, height) => (width > 0 && height > 0 ? { type, width, height } : null);
  // PNG, section 11.2.2: IHDR comes first.
  if (starts('\x89PNG\r\n\x1a\n') && starts('IHDR', 12) && bytes.length >= 24) return header('image/png', view.getUint32(16), view.getUint32(20));
  if ((starts('GIF87a') || starts('GIF89a')) && bytes.length >= 10) return header('image/gif', view.getUint16(6, true), view.getUint16(8, true));
  if (starts('RIFF') && starts('WEBP', 8)) return webpHeader(bytes, view, starts, header);
  if (starts('\xff\xd8\xff')) return jpegHeader(bytes, view, header);
  return null;
}

/** RFC 9649, section 2.5 to 2.7. */
function webpHeader(bytes, view, starts, header) {
  if (bytes.length < 30) return null;
  const uint24 = (at) => view.getUint16(at, true) | (bytes[at + 2] << 16);
  if (starts('VP8X', 12)) return header('image/webp', uint24(24) + 1, uint24(27) + 1);
  if (starts('VP8L', 12) && bytes[20] === 0x2f) {
    const bits = view.getUint32(21, true);
    return header('image/webp', (bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1);
  }
  if (starts('VP8 ', 12) && starts('\x9d\x01\x2a', 23)) {
    return header('image/webp', view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
  }
  return null;
}

/** ITU-T T.81, annex B: segments up to the first frame's header. */
function jpegHeader(bytes, view, header) {
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1];
    if (marker === 0xff) { // a fill byte
      at++;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return header('image/jpeg', view.getUint16(at + 7), view.getUint16(at + 5));
    const length = view.getUint16(at + 2);
    if (marker < 0xc0 || marker === 0xd9 || marker === 0xda || length < 2) return null;
    at += 2 + length;
  }
  return null;
}

/** @param {Header} header */
export function isBearable({ width, height }) {
  return width <= MAX_SIDE && height <= MAX_SIDE && width * height <= MAX_PIXELS;
}

/** One at a time: so many pixels are borne once. */
let turn = Promise.resolve();

/**
 * @param {Blob} blob
 * @returns {Promise<HTMLCanvasElement | null>} null where it is no picture that can be shown
 */
export function drawPicture(blob) {
  const drawn = turn.then(() => draw(blob)).catch(() => null);
  turn = drawn;
  return drawn;
}

/** @param {Blob} blob */
async function draw(blob) {
  if (blob.size > MAX_BYTES) return null;
  const header = readHeader(new Uint8Array(await blob.slice(0, HEADER_BYTES).arrayBuffer()));
  if (!header || !isBearable(header)) return null;
  const bitmap = await createImageBitmap(blob.slice(0, blob.size, header.type));
  try {
    const { width, height } = bitmap;
    if (!isBearable(bitmap) || width === 0 || height === 0) return null;
    const scale = Math.min(1, DRAWN.width / width, DRAWN.height / height);
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext('2d');
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return canvas;
  } finally {
    bitmap.close();
  }
}
