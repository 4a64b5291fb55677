// Tells the page that opened this window how the payment ended, and closes it. The browser hands the message over only
// where that page has the origin that its merchant has registered. It must say that it has it: else nobody would know, and
// the way on is the merchant's callback, as without a window.
(function () {
  "use strict";
  var popup = document.getElementById("popup");
  var home = document.getElementById("home");
  if (!popup || !home) return;
  var opener = window.opener;
  var origin = popup.dataset.origin;

  function goHome() {
    window.location.replace(home.href);
  }

  if (!opener || opener.closed) return goHome();
  var late = window.setTimeout(goHome, 1500);
  window.addEventListener("message", function (event) {
    if (event.source !== opener || event.origin !== origin) return;
    if (!event.data || event.data.type !== "handback.received") return;
    window.clearTimeout(late);
    window.close();
    // Where a browser keeps it open all the same.
    home.hidden = true;
    document.getElementById("hint").textContent = popup.dataset.close;
  });
  opener.postMessage({ type: "handback.return", parameters: JSON.parse(popup.dataset.parameters) }, origin);
})();
