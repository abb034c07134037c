/**
 * Where the parts of a stream are. The key goes into the path: that is the one way that modules, styles,
 * WebSockets and requests share, on pages of other sites too.
 * @param {string} src the stream's page, `…/watch/STREAM`, or the server's, `…/`, absolute or not; with `?key=KEY`, or
 *   `/key/KEY` before it
 * @param {string} [only] the server's only stream, for a `src` that names none
 */
export function endpointsOf(src, only = '') {
  const page = new URL(src, document.baseURI);
  const [, folder, name] = /^(.*?)\/(?:watch\/([^/]+)\/?)?$/.exec(page.pathname) ?? [null, '', undefined];
  const key = page.searchParams.get('key');
  const base = key && !/\/key\/[^/]+$/.test(folder) ? `${folder}/key/${encodeURIComponent(key)}` : folder;
  const stream = name ? decodeURIComponent(name) : only;
  const at = (path, scheme = '') => {
    const url = new URL(base + path, page.origin);
    if (scheme) url.protocol = page.protocol === 'https:' ? 'wss:' : 'ws:';
    return url.href;
  };
  return {
    /** '' where only the server knows it */
    stream,
    signalling: at(`/ws/${encodeURIComponent(stream)}`, 'ws'),
    relay: at('/relay', 'ws'),
    objects: at('/objects', 'ws'),
    status: at('/api/status'),
    relayFigures: at('/api/relay'),
    objectFigures: at('/api/objects'),
    controls: at(`/api/streams/${encodeURIComponent(stream)}/controls`),
    pipeline: at(`/api/streams/${encodeURIComponent(stream)}/pipeline`),
    whip: at(`/whip/${encodeURIComponent(stream)}`),
    variables: at(`/api/streams/${encodeURIComponent(stream)}/variables`),
  };
}
