(function () {
  var busy = false, again = false;

  function swap(text) {
    var fresh = new DOMParser().parseFromString(text, 'text/html');
    document.querySelectorAll('[data-live]').forEach(function (old) {
      var next = fresh.getElementById(old.id);
      if (!next) return;
      next.querySelectorAll('details[id]').forEach(function (d) {
        var shown = document.getElementById(d.id);
        d.open = Boolean(shown && shown.open);
      });
      if (old.innerHTML === next.innerHTML) return;
      var focused = old.contains(document.activeElement) ? place(document.activeElement) : '';
      old.replaceChildren.apply(old, Array.from(next.childNodes));
      var again = focused && old.querySelector(focused);
      if (again) again.focus({ preventScroll: true });
    });
  }

  function place(element) {
    if (element.matches('details[id] > summary')) return '#' + CSS.escape(element.parentNode.id) + ' > summary';
    if (element.matches('a[href]')) return 'a[href="' + CSS.escape(element.getAttribute('href')) + '"]';
    return '';
  }

  function refresh() {
    if (busy) { again = true; return; }
    busy = true; again = false;
    fetch('/progress', { cache: 'no-store' })
      .then(function (r) { if (!r.ok) throw new Error(r.status); return r.text(); })
      .then(swap)
      .catch(function () {})
      .then(function () {
        setTimeout(function () { busy = false; if (again) refresh(); }, 800);
      });
  }

  var events = new EventSource('/events');
  events.addEventListener('open', refresh);
  events.addEventListener('change', refresh);
  setInterval(refresh, 30000);
})();
