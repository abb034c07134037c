/** This device's camera, microphone or screen becomes the stream's source: a panel for those who may publish. */

import { listDevices, openCamera, openCameraWithSound, openMicrophone, openScreen, screenCanBeShared, wordsForDevice } from './devices.js';
import { iconButton, make } from './elements.js';
import { Material } from './material.js';
import { Phase, Publisher } from './publisher.js';
import { SidePanel } from './side-panel.js';
import { bitrate, SentReader } from './stats.js';

const STATS_EVERY_MS = 1_000;

const TURN = 'M4 12a8 8 0 0 1 13.7-5.6L20 8.5M20 4v4.5h-4.5M20 12a8 8 0 0 1-13.7 5.6L4 15.5M4 20v-4.5h4.5';

/**
 * The panel and the button that opens it.
 * Events: `on-air`, each time that sending begins.
 */
export class PublishPanel extends EventTarget {
  #button;
  #panel;
  #material = new Material();
  #publisher;
  #stats = new SentReader();
  #statsTimer = 0;
  /** A device is being opened: what is asked for meanwhile has to wait. */
  #opening = false;
  /** Whoever chose to send no sound is asked for none with the next camera. */
  #isSilent = false;
  /** What became of a device, where there is something to say; and whether that is bad. */
  #words = '';
  #isBad = false;
  #isOnAir = false;
  /** @type {WakeLockSentinel | null} */
  #wakeLock = null;

  #said = make('p', { class: 'outcome', role: 'status' });
  #preview = make('video', { class: 'preview', 'aria-label': 'What this device shows', hidden: '' });
  #camera = make('button', { type: 'button', 'aria-pressed': 'false' }, 'Camera');
  #screen = make('button', { type: 'button', 'aria-pressed': 'false' }, 'Screen');
  #cameras = make('select', { id: 'publish-camera' });
  #microphones = make('select', { id: 'publish-microphone' });
  #turn = iconButton('reset', TURN, 'Other side of the device', () => this.#turnAround());
  #cameraLine = make('li', { class: 'select', hidden: '' }, make('label', { for: 'publish-camera' }, 'Camera'), this.#cameras, this.#turn);
  #soundLine = make('li', { class: 'select', hidden: '' }, make('label', { for: 'publish-microphone' }, 'Sound'), this.#microphones);
  #figures = make('p', { class: 'quiet' });
  #muteSound = make('button', { type: 'button', 'aria-pressed': 'false', title: 'Mute the sound' }, 'Mute');
  #mutePicture = make('button', { type: 'button', 'aria-pressed': 'false', title: 'Hide the picture' }, 'Hide');
  #start = make('button', { type: 'button', class: 'main' }, 'Start');
  #actions = make('div', { class: 'actions footer', hidden: '' }, this.#start, this.#muteSound, this.#mutePicture);

  /**
   * @param {{whip: string, status: string, stream: string}} endpoints
   * @param {HTMLButtonElement} button opens the panel
   * @param {HTMLElement} element empty
   */
  constructor(endpoints, button, element) {
    super();
    this.#publisher = new Publisher(endpoints);
    this.#button = button;
    this.#panel = new SidePanel(button, element, { title: "This device's camera", close: 'Close this panel' });
    this.#preview.muted = this.#preview.autoplay = this.#preview.playsInline = true;
    this.#screen.hidden = !screenCanBeShared();
    element.append(this.#said,
                   make('div', { class: 'scroll' },
                        this.#preview,
                        make('div', { class: 'choices', role: 'group', 'aria-label': 'What is shown' }, this.#camera, this.#screen),
                        make('ul', {}, this.#cameraLine, this.#soundLine), this.#figures),
                   this.#actions);
    this.#listen();
    this.#show();
    button.hidden = false;
  }

  #listen() {
    this.#panel.addEventListener('toggled', () => this.#onToggled());
    this.#camera.addEventListener('click', () => this.#choose('camera'));
    this.#screen.addEventListener('click', () => this.#choose('screen'));
    this.#cameras.addEventListener('change', () => this.#changePicture({ id: this.#cameras.value }));
    this.#microphones.addEventListener('change', () => {
      this.#isSilent = this.#microphones.value === '';
      this.#changeSound(this.#microphones.value);
    });
    this.#muteSound.addEventListener('click', () => this.#toggle(this.#material.sound));
    this.#mutePicture.addEventListener('click', () => this.#toggle(this.#material.picture));
    this.#start.addEventListener('click', () => (this.#publisher.isWanted ? this.#publisher.stop() : this.#begin()));
    this.#publisher.addEventListener('change', () => this.#onChange());
    this.#material.addEventListener('ended', ({ detail }) => this.#onTrackEnded(detail.track));
    this.#material.addEventListener('muted', () => this.#show());
    navigator.mediaDevices.addEventListener?.('devicechange', () => this.#showDevices());
    addEventListener('pagehide', () => this.#publisher.stop());
    document.addEventListener('visibilitychange', () => this.#stayAwake());
  }

  #onToggled() {
    this.#words = '';
    if (!this.#panel.isOpen && !this.#publisher.isWanted) this.#publisher.stop();
    this.#letGo();
  }

  /** A camera that nobody looks at and nothing comes from need not run. */
  #letGo() {
    if (!this.#panel.isOpen && !this.#publisher.isWanted) this.#material.clear();
    this.#show();
  }

  /**
   * Has a device opened, one at a time.
   * @param {'camera' | 'microphone' | 'screen'} what
   * @param {() => Promise<void>} open
   */
  async #open(what, open) {
    if (this.#opening) return;
    this.#opening = true;
    this.#show();
    try {
      await open();
      this.#say('');
      if (!this.#publisher.isWanted) this.#publisher.stop();
    } catch (error) {
      this.#say(wordsForDevice(error, what), true);
    }
    // It may have been closed meanwhile.
    this.#letGo();
    await this.#showDevices();
    this.#opening = false;
    this.#show();
    const ended = this.#material.stream.getTracks().find((track) => track.readyState === 'ended');
    if (ended) await this.#onTrackEnded(ended);
  }

  /** @param {'camera' | 'screen'} kind */
  #choose(kind) {
    if (kind === this.#material.kind && kind === 'camera') return;
    this.#open(kind, async () => {
      const tracks = kind === 'screen' ? await openScreen() : await this.#openCamera();
      const without = tracks.length === 1 && this.#material.soundIsScreens ? this.#material.sound : null;
      this.#material.kind = kind;
      await this.#take(tracks, without);
      this.#material.soundIsScreens = kind === 'screen' && tracks.length > 1;
    });
  }

  async #openCamera() {
    const { sound, soundIsScreens } = this.#material;
    // Whoever holds a phone films what is before it.
    const facing = matchMedia('(pointer: coarse)').matches ? 'environment' : undefined;
    return this.#isSilent || (sound && !soundIsScreens) ? [await openCamera({ facing })] : openCameraWithSound({ facing });
  }

  /** @param {{id?: string, facing?: string}} which */
  #changePicture(which) {
    this.#open('camera', async () => {
      const before = this.#material.picture?.getSettings().deviceId;
      // Two at a time are more than some devices open.
      this.#material.picture?.stop();
      try {
        await this.#take([await openCamera(which)]);
      } catch (error) {
        await this.#take([await openCamera({ id: before })]);
        throw error;
      }
    });
  }

  #turnAround() {
    const facing = this.#material.picture?.getSettings().facingMode === 'user' ? 'environment' : 'user';
    this.#changePicture({ facing });
  }

  /** @param {string} id '' for none */
  #changeSound(id) {
    this.#open('microphone', async () => {
      if (id) await this.#take([await openMicrophone(id)]);
      else await this.#take([], this.#material.sound);
    });
  }

  /**
   * Shows tracks, and sends them where something is sent.
   * @param {MediaStreamTrack[]} tracks
   * @param {MediaStreamTrack | null} [without] this one goes
   */
  async #take(tracks, without = null) {
    // Sound where there was none, or none where there was, takes another session.
    let isOther = without !== null;
    this.#material.drop(without);
    for (const track of tracks) {
      this.#material.put(track);
      isOther = !(await this.#publisher.replaceTrack(track)) || isOther;
    }
    this.#preview.srcObject = this.#material.stream;
    if (isOther) await this.#publisher.restart();
  }

  /** @param {MediaStreamTrack | null} track */
  #toggle(track) {
    if (track) track.enabled = !track.enabled;
    this.#show();
  }

  /** The browser's own button ended it, or it was unplugged. @param {MediaStreamTrack} track */
  async #onTrackEnded(track) {
    if (this.#opening) return;
    if (track.kind === 'audio') {
      this.#changeSound('');
      return;
    }
    const { kind } = this.#material;
    this.#publisher.stop();
    this.#material.clear();
    this.#say(kind === 'screen' ? 'The screen is no longer shared.' : 'The camera is gone.', kind !== 'screen');
  }

  #begin() {
    this.#say('');
    if (this.#material.picture) this.#publisher.start(this.#material.stream);
  }

  #onChange() {
    const isOnAir = this.#publisher.phase === Phase.ON_AIR;
    if (isOnAir !== this.#isOnAir) {
      this.#isOnAir = isOnAir;
      this.#figures.textContent = '';
      clearInterval(this.#statsTimer);
      if (isOnAir) {
        this.#statsTimer = setInterval(() => this.#showStats(), STATS_EVERY_MS);
        this.dispatchEvent(new CustomEvent('on-air'));
      }
    }
    this.#stayAwake();
    this.#letGo();
  }

  /** A phone that goes to sleep shows nothing. */
  async #stayAwake() {
    if (!this.#publisher.isWanted) {
      this.#wakeLock?.release();
      this.#wakeLock = null;
    } else if (!document.hidden && (!this.#wakeLock || this.#wakeLock.released)) {
      this.#wakeLock = await navigator.wakeLock?.request('screen').catch(() => null) ?? null;
      if (!this.#publisher.isWanted) this.#stayAwake();
    }
  }

  /**
   * @param {string} words '' takes them back
   * @param {boolean} [isBad]
   */
  #say(words, isBad = false) {
    this.#words = words;
    this.#isBad = isBad && words !== '';
    this.#show();
  }

  /** @returns {[words: string, isBad?: boolean]} */
  #outcome() {
    const { picture } = this.#material;
    const { phase, words, isBad } = this.#publisher;
    if (this.#opening) return ['Waiting for the browser to open it…'];
    if (this.#words) return [this.#words, this.#isBad];
    if (words) return [words, isBad];
    if (phase === Phase.ON_AIR && picture?.muted) return ['On air, but this device holds the picture back.'];
    if (phase === Phase.ON_AIR) return [picture?.enabled ? 'On air: all who watch see this.' : 'On air with the picture hidden.'];
    if (phase !== Phase.OFF) return ['Starting…'];
    return [picture ? 'Only you see this so far.' : 'What this device shows takes the place of what the stream shows now.'];
  }

  #show() {
    const { kind, picture, sound } = this.#material;
    const { phase, isWanted } = this.#publisher;
    const [words, isBad = false] = this.#outcome();
    if (this.#said.textContent !== words) this.#said.textContent = words;
    this.#said.classList.toggle('bad', isBad);
    this.#said.classList.toggle('busy', this.#opening || phase === Phase.STARTING || phase === Phase.RETURNING);

    this.#button.classList.toggle('on-air', isWanted);
    this.#button.classList.toggle('problem', isBad);
    const state = isBad ? words : this.#isOnAir ? 'on air' : 'connecting';
    const label = isWanted || isBad ? `This device's camera: ${state}` : "Use this device's camera";
    this.#button.title = label;
    this.#button.setAttribute('aria-label', label);

    this.#preview.hidden = !picture;
    this.#preview.classList.toggle('mirrored', picture?.getSettings().facingMode === 'user');
    for (const [button, own] of [[this.#camera, 'camera'], [this.#screen, 'screen']]) {
      button.setAttribute('aria-pressed', String(kind === own));
      button.setAttribute('aria-disabled', String(this.#opening));
    }
    this.#cameraLine.hidden = kind !== 'camera';
    this.#soundLine.hidden = !picture;
    this.#actions.hidden = !picture && !isWanted;
    this.#start.textContent = isWanted ? 'Stop' : 'Start';
    this.#start.classList.toggle('stop', isWanted);
    this.#muteSound.hidden = !sound;
    this.#muteSound.setAttribute('aria-pressed', String(sound?.enabled === false));
    this.#mutePicture.setAttribute('aria-pressed', String(picture?.enabled === false));
  }

  async #showDevices() {
    const { cameras, microphones } = await listDevices();
    const { picture, sound, soundIsScreens } = this.#material;
    const named = (devices, what) => devices.map(({ deviceId, label }, i) => [deviceId, label || `${what} ${i + 1}`]);
    const inUse = soundIsScreens ? 'screen' : sound?.getSettings().deviceId ?? '';
    const heard = [...soundIsScreens ? [['screen', "The screen's own"]] : [], ...named(microphones, 'Microphone')];
    fill(this.#cameras, named(cameras, 'Camera'), picture?.getSettings().deviceId ?? '');
    fill(this.#microphones, [['', 'None'], ...heard], inUse);
    this.#turn.hidden = !picture?.getSettings().facingMode || cameras.length < 2;
    this.#show();
  }

  async #showStats() {
    const sent = await this.#stats.read(this.#publisher.connection).catch(() => null);
    if (!this.#isOnAir || !sent) return;
    const { width, height, framesPerSecond, bits, lost } = sent;
    this.#figures.textContent = [
      width && `${width} × ${height}`, framesPerSecond !== undefined && `${Math.round(framesPerSecond)}/s`, bitrate(bits),
      lost >= 0.01 && `${Math.round(100 * lost)} % lost`,
    ].filter(Boolean).join(' · ');
  }
}

/**
 * @param {HTMLSelectElement} select
 * @param {string[][]} options value and words
 * @param {string} value
 */
function fill(select, options, value) {
  const shape = JSON.stringify(options);
  if (shape !== select.dataset.shape) {
    select.dataset.shape = shape;
    select.replaceChildren(...options.map(([id, words]) => make('option', { value: id }, words)));
  }
  select.value = value;
}
