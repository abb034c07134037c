/** What is sent, or shown before that: one picture and at most one sound. Events: `ended`, `muted` {track}, by themselves. */
export class Material extends EventTarget {
  stream = new MediaStream();
  /** @type {'' | 'camera' | 'screen'} */
  kind = '';
  /** It came with the screen, and goes with it. */
  soundIsScreens = false;

  get picture() {
    return this.stream.getVideoTracks()[0] ?? null;
  }

  get sound() {
    return this.stream.getAudioTracks()[0] ?? null;
  }

  /** @param {MediaStreamTrack} track takes the place of the one of its kind, and is as muted as that was */
  put(track) {
    const before = track.kind === 'video' ? this.picture : this.sound;
    if (before) track.enabled = before.enabled;
    this.drop(before);
    this.stream.addTrack(track);
    track.onended = () => this.#emit('ended', track);
    track.onmute = track.onunmute = () => this.#emit('muted', track);
  }

  /** @param {MediaStreamTrack | null} track */
  drop(track) {
    if (!track) return;
    if (track === this.sound) this.soundIsScreens = false;
    track.onended = track.onmute = track.onunmute = null;
    this.stream.removeTrack(track);
    track.stop();
  }

  clear() {
    for (const track of this.stream.getTracks()) this.drop(track);
    this.kind = '';
  }

  /**
   * @param {string} type
   * @param {MediaStreamTrack} track
   */
  #emit(type, track) {
    this.dispatchEvent(new CustomEvent(type, { detail: { track } }));
  }
}
