/*
 * Not a module, and in JavaScript that every browser reads: says so where the page's modules do not run, because the browser
 * is too old for them or because one of them did not come.
 */
addEventListener('load', function () {
  if (window.customElements && customElements.get('sightline-player')) return;
  var words = document.createElement('p');
  words.className = 'noscript';
  words.setAttribute('role', 'alert');
  words.textContent = 'This page did not load as a whole. Load it again; if that does not help, this browser is too old for it.';
  document.body.appendChild(words);
});
