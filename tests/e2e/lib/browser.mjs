// Real browsers, and pages in them that remember what the tests ask about.

import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { findCommand, temporaryFolder } from './folders.mjs';
import { Failure, Skip } from './tap.mjs';

const CHROMIUM_FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--autoplay-policy=no-user-gesture-required', '--disable-dev-shm-usage',
];

// Its own picture and sound in place of a camera and a microphone, and nobody to ask whether they may be used.
const FAKE_CAMERA_FLAGS = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
// Where it keeps what it is asked to save; Chromium is told so page by page.
const savingTo = (folder) => ({ 'browser.download.folderList': 2, 'browser.download.dir': folder, 'browser.download.alwaysOpenPanel': false,
                                'browser.helperApps.neverAsk.saveToDisk': 'application/octet-stream' });
const FAKE_CAMERA_PREFERENCES = { 'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true };

/** What a browser says when a server is stopped on purpose. */
export const CONNECTION_LOST = /WebSocket connection to|can.t establish a connection|connection to .* was interrupted|ERR_CONNECTION_REFUSED|Failed to load resource: net::ERR_/;

async function loadPuppeteer() {
  try {
    return (await import('puppeteer-core')).default;
  } catch {
    throw new Skip('puppeteer-core is not installed (npm ci in tests/e2e)');
  }
}

function findBrowser(name) {
  const found = name === 'firefox' ? findCommand('firefox-esr', 'firefox') : findCommand('chromium', 'google-chrome');
  if (!found)
    throw new Skip(`${name === 'firefox' ? 'firefox-esr' : 'chromium'} is not installed`);
  return found;
}

/** Runs in every page before its own scripts do. */
function instrument() {
  const seen = { violations: [], peers: [], firstFrameMs: null, socketOpenMs: null };
  Object.defineProperty(window, 'seen', { value: seen });
  addEventListener('securitypolicyviolation', (event) =>
    seen.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));

  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...args) {
      super(...args);
      seen.peers.push(this);
    }
  };

  window.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      this.addEventListener('open', () => { seen.socketOpenMs ??= performance.now(); }, { once: true });
    }
  };

  const source = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject');
  Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', {
    ...source,
    set(stream) {
      if (stream && this.requestVideoFrameCallback)
        this.requestVideoFrameCallback(() => { seen.firstFrameMs ??= performance.now(); });
      source.set.call(this, stream);
    },
  });

  // A browser may never answer for a connection that is closed meanwhile: Firefox.
  seen.stats = (connection) => Promise.race([connection.getStats(), new Promise((_, reject) => {
    setTimeout(reject, 5000, new Error('no statistics came'));
  })]);

  // What a person could see: elements and text through shadow roots, without what is hidden.
  seen.all = (selector, root = document) => {
    const found = [...root.querySelectorAll(selector)];
    for (const element of root.querySelectorAll('*'))
      if (element.shadowRoot)
        found.push(...seen.all(selector, element.shadowRoot));
    return found;
  };
  seen.visible = (selector) => seen.all(selector).filter((element) =>
    element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }));
  seen.text = (node = document.body) => {
    if (node.nodeType === Node.TEXT_NODE)
      return node.data;
    if (node.nodeType === Node.ELEMENT_NODE) {
      if (['SCRIPT', 'STYLE', 'TEMPLATE'].includes(node.tagName)
          || !(node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })
               || getComputedStyle(node).display === 'contents'))
        return '';
    }
    const inside = node.shadowRoot ? [...node.shadowRoot.childNodes]
      : node.tagName === 'SLOT' ? node.assignedNodes({ flatten: true }) : [...node.childNodes];
    const text = inside.map(seen.text).join('');
    return node.nodeType === Node.ELEMENT_NODE && getComputedStyle(node).display !== 'inline' ? `\n${text}\n` : text;
  };
  seen.video = (within) => seen.visible('video').filter((video) => video.srcObject && (!within || video.closest(within))).at(-1) ?? null;
}

// An older Firefox ESR does not know all that puppeteer asks of it here, and has done the rest by then.
async function resize(page, size) {
  await page.setViewport(size).catch((error) => {
    if (!/unknown command/.test(error.message))
      throw error;
  });
}

/** With its children, who write into its folder: puppeteer gives each browser a process group of its own. */
function kill(process_) {
  try {
    process.kill(-process_.pid, 'SIGKILL');
  } catch {
    process_.kill('SIGKILL');
  }
}

export class Browser {
  #scope;
  pages = [];

  /**
   * `name` is "chromium" or "firefox"; `camera`: it has one, made up; `trusting`: it takes any certificate. Ended after
   * the scope. `downloads` is a folder of its own where what it saves goes.
   */
  static async launch(scope, name, { camera = false, trusting = false } = {}) {
    const puppeteer = await loadPuppeteer();
    const executablePath = findBrowser(name);
    const self = new Browser();
    self.#scope = scope;
    self.name = name;
    const folder = temporaryFolder(scope);
    self.downloads = path.join(folder, 'downloads');
    mkdirSync(self.downloads);
    const env = { ...process.env };
    delete env.G_DEBUG; // their own criticals are not our business
    env.HOME = path.join(folder, 'home');
    mkdirSync(env.HOME, { recursive: true });
    for (const variable of ['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_CACHE_HOME'])
      delete env[variable];
    const options = { executablePath, env, headless: true, userDataDir: path.join(folder, 'profile'), protocolTimeout: 60000,
                      acceptInsecureCerts: trusting };
    mkdirSync(options.userDataDir, { recursive: true });
    self.puppeteer = await puppeteer.launch(name === 'firefox'
      ? { ...options, browser: 'firefox', defaultViewport: null, extraPrefsFirefox: { ...savingTo(self.downloads), ...camera ? FAKE_CAMERA_PREFERENCES : {} } }
      : { ...options, pipe: true, args: [...CHROMIUM_FLAGS, ...camera ? FAKE_CAMERA_FLAGS : []] });
    scope.after(() => self.#close());
    return self;
  }

  async #close() {
    const process_ = this.puppeteer.process();
    const ended = process_.exitCode === null && process_.signalCode === null ? once(process_, 'exit') : Promise.resolve();
    const timer = setTimeout(() => kill(process_), 15000);
    await Promise.race([this.puppeteer.close(), ended]);
    await ended;
    clearTimeout(timer);
  }

  /**
   * Opens a page, in a window of its own, so that it counts as visible beside others; or (`tab`) in a tab, which costs less.
   * A complaint on its console fails the test, unless it is like `mayComplain`; `before` runs in the page before its own
   * scripts do. `page.leave()` closes it before the scope does.
   */
  async open(scope, url, { width = 1280, height = 800, tab = false, mayComplain = null, before = null } = {}) {
    const context = tab ? null : await this.puppeteer.createBrowserContext(
      this.name === 'chromium' ? { downloadBehavior: { policy: 'allow', downloadPath: this.downloads } } : {});
    const page = tab ? await this.puppeteer.newPage() : await context.newPage({ type: 'window' });
    const complaints = [];
    const complain = (words) => mayComplain?.test(words) || complaints.push(words);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warn' && /Content.Security.Policy/i.test(message.text()))
        complain(`${message.text()} (${message.location()?.url ?? ''})`);
    });
    page.on('pageerror', (error) => complain(error.message));
    page.resize = (size) => resize(page, size);
    await page.resize({ width, height });
    await page.evaluateOnNewDocument(instrument);
    if (before)
      await page.evaluateOnNewDocument(...before);
    scope.onFailure(async () => `${this.name} shows: ${JSON.stringify(
      (await page.evaluate(() => window.seen?.text() ?? document.body.innerText)).replace(/\s+/g, ' ').slice(0, 800))} ${complaints.join(' | ')}`);
    let open = true;
    page.leave = async () => {
      if (!open)
        return;
      open = false;
      const violations = await page.evaluate(() => window.seen?.violations ?? []).catch(() => []);
      // What a browser says of a page that is being closed (Firefox: of its connections) is not the page's.
      const said = [...complaints, ...violations];
      await (context ?? page).close();
      if (said.length)
        throw new Failure(`the page complained: ${said.join(' | ')}`);
    };
    scope.after(page.leave);
    await page.goto(url, { waitUntil: 'domcontentloaded', timeout: 30000 });
    return page;
  }
}
