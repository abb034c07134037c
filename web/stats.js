/** What getStats() says, as the few lines a person wants to read. */

/** @typedef {[label: string, value: string][]} Lines */

/** Reads one connection again and again; rates are over the time between two readings. */
export class StatsReader {
  /** @type {RTCPeerConnection | null} */
  #connection = null;
  /** @type {Map<string, any>} */
  #before = new Map();

  /**
   * @param {RTCPeerConnection | null} connection
   * @returns {Promise<Lines>}
   */
  async read(connection) {
    if (connection !== this.#connection) this.#before = new Map();
    this.#connection = connection;
    if (!connection || connection.connectionState === 'closed') return [];
    const reports = new Map(await connection.getStats());
    const lines = [...this.#videoLines(reports), ...this.#audioLines(reports), ...pathLines(reports)];
    this.#before = reports;
    return lines;
  }

  /** @param {Map<string, any>} reports */
  #videoLines(reports) {
    const video = find(reports, (report) => report.type === 'inbound-rtp' && report.kind === 'video');
    if (!video) return [];
    const { since, rate } = this.#changes(video);
    const lost = since('packetsLost');
    const expected = since('packetsReceived') + lost;
    const emitted = since('jitterBufferEmittedCount');
    return [
      ['Codec', codecOf(reports, video)],
      ['Size', video.frameWidth ? `${video.frameWidth} × ${video.frameHeight}` : '–'],
      ['Frame rate', number(rate('framesDecoded'), 1, '/s')],
      ['Bitrate', bitrate(rate('bytesReceived') * 8)],
      ['Loss', expected > 0 ? number((100 * Math.max(0, lost)) / expected, 1, ' %') : '–'],
      ['Jitter buffer', number(emitted > 0 ? (1000 * since('jitterBufferDelay')) / emitted : NaN, 0, ' ms')],
      ['Dropped', `${video.framesDropped ?? 0} frames`],
    ];
  }

  /** @param {Map<string, any>} reports */
  #audioLines(reports) {
    const audio = find(reports, (report) => report.type === 'inbound-rtp' && report.kind === 'audio');
    if (!audio) return [];
    return [['Sound', `${codecOf(reports, audio)}, ${bitrate(this.#changes(audio).rate('bytesReceived') * 8)}`]];
  }

  /** @param {any} report how much its numbers grew since it was read last, and how fast */
  #changes(report) {
    const before = this.#before.get(report.id);
    const seconds = before ? (report.timestamp - before.timestamp) / 1000 : 0;
    const since = (name) => (before ? (report[name] ?? 0) - (before[name] ?? 0) : 0);
    const rate = (name) => (seconds > 0 ? since(name) / seconds : NaN);
    return { since, rate };
  }
}

/** Reads what a connection sends, again and again. */
export class SentReader {
  /** @type {any} */
  #before = null;

  /**
   * @param {RTCPeerConnection | null} connection
   * @returns {Promise<{width: number, height: number, framesPerSecond: number, bits: number, lost: number} | null>} `bits` a second since the
   *   last reading, NaN at first; `lost`: the share that the other side has not got lately
   */
  async read(connection) {
    const reports = new Map(await connection?.getStats());
    const video = find(reports, (report) => report.type === 'outbound-rtp' && report.kind === 'video');
    if (!video) return null;
    const before = this.#before?.id === video.id && this.#before.bytesSent <= video.bytesSent ? this.#before : null;
    this.#before = video;
    return {
      width: video.frameWidth, height: video.frameHeight, framesPerSecond: video.framesPerSecond,
      bits: before ? (8000 * (video.bytesSent - before.bytesSent)) / (video.timestamp - before.timestamp) : NaN,
      lost: reports.get(video.remoteId)?.fractionLost ?? 0,
    };
  }
}

/**
 * @param {Map<string, any>} reports
 * @param {any} stream
 */
function codecOf(reports, { codecId }) {
  return reports.get(codecId)?.mimeType?.split('/')[1] ?? '–';
}

/**
 * @param {Map<string, any>} reports
 * @returns {Lines}
 */
function pathLines(reports) {
  const transport = find(reports, (report) => report.type === 'transport');
  const pair = reports.get(transport?.selectedCandidatePairId)
    ?? find(reports, (report) => report.type === 'candidate-pair' && (report.selected || report.nominated));
  if (!pair) return [];
  const local = reports.get(pair.localCandidateId);
  const remote = reports.get(pair.remoteCandidateId);
  const protocol = (local?.protocol ?? remote?.protocol ?? '').toUpperCase();
  const address = remote?.address ?? remote?.ip;
  return [
    ['Round trip', number(pair.currentRoundTripTime * 1000, 1, ' ms')],
    ['Path', [protocol, `${local?.candidateType ?? '?'} → ${remote?.candidateType ?? '?'}`].join(' ').trim()],
    ...(address ? [['Server', `${address}:${remote.port}`]] : []),
  ];
}

/**
 * @param {Map<string, any>} reports
 * @param {(report: any) => boolean} wanted
 */
function find(reports, wanted) {
  for (const report of reports.values()) if (wanted(report)) return report;
  return undefined;
}

/**
 * @param {number} value
 * @param {number} digits
 * @param {string} unit
 */
function number(value, digits, unit) {
  return Number.isFinite(value) ? `${value.toFixed(digits)}${unit}` : '–';
}

/** @param {number} bits a second */
export function bitrate(bits) {
  return bits >= 1e6 ? number(bits / 1e6, 2, ' Mbit/s') : number(bits / 1e3, 0, ' kbit/s');
}
