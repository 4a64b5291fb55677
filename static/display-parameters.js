// Adds the parameters behind # to the table; a server never sees them. They are shown as text, never as markup.
(function () {
  "use strict";
  var table = document.getElementById("rows");
  var row = document.getElementById("fragment-row");
  var fragment = window.location.hash.slice(1);
  if (!table || !row || !fragment) return;

  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch (malformed) {
      return text;
    }
  }

  function add(name, value) {
    var copy = row.content.cloneNode(true);
    copy.querySelector("th").textContent = name;
    copy.querySelector("code").textContent = value;
    table.appendChild(copy);
    var form = document.getElementById("redeem");
    if (form && name === "one-time-token" && form.hidden) {
      form.elements.one_time_token.value = value;
      form.hidden = false;
    }
  }

  var none = document.getElementById("none");
  if (none) none.remove();
  // A hash router's own place comes first, as in #/paid?status=success.
  var at = fragment.indexOf("?");
  var route = at >= 0 ? fragment.slice(0, at) : fragment.indexOf("=") < 0 ? fragment : "";
  var pairs = at >= 0 ? fragment.slice(at + 1) : route ? "" : fragment;
  if (route) add("#", decoded(route));
  pairs.split("&").forEach(function (pair) {
    if (!pair) return;
    var eq = pair.indexOf("=");
    add(decoded(eq < 0 ? pair : pair.slice(0, eq)), eq < 0 ? "" : decoded(pair.slice(eq + 1)));
  });
})();
