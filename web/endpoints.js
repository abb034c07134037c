/**
 * Where the parts of a stream are.
 * @param {string} src the stream's page, `…/watch/STREAM`, absolute or not, `?key=` included
 */
export function endpointsOf(src) {
  const page = new URL(src, document.baseURI);
  const [, prefix, name] = /^(.*?)\/(?:watch\/([^/]+)\/?)?$/.exec(page.pathname) ?? [null, '', undefined];
  const stream = name ? decodeURIComponent(name) : 'camera';
  const key = page.searchParams.get('key');
  const at = (path, scheme = '') => {
    const url = new URL(`${prefix}${path}`, page);
    if (scheme) url.protocol = page.protocol === 'https:' ? 'wss:' : 'ws:';
    if (key) url.searchParams.set('key', key);
    return url.href;
  };
  return {
    stream,
    signalling: at(`/ws/${encodeURIComponent(stream)}`, 'ws'),
    relay: at('/relay', 'ws'),
    status: at('/api/status'),
  };
}
