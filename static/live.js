// Brings what is new of a journey, while its page is looked at and more may come: every two seconds, ten minutes long. A
// session that nobody uses must end, so it does not go on for ever.
(function () {
  "use strict";
  var events = document.querySelector("[data-from]");
  if (!events || !window.fetch || !window.DOMParser) return;
  var from = events.getAttribute("data-from"), tag = "", left = 300;

  function later() {
    if (left-- > 0) window.setTimeout(look, 2000);
  }

  function show(html) {
    var fresh = new DOMParser().parseFromString(html, "text/html");
    var isOver = fresh.querySelector("[data-over]") !== null;
    fresh.querySelectorAll("[data-live]").forEach(function (part) {
      var shown = document.querySelector("[data-live=" + part.getAttribute("data-live") + "]");
      if (!shown) return;
      shown.textContent = "";
      while (part.firstChild) shown.appendChild(document.adoptNode(part.firstChild));
    });
    if (!isOver) later();
  }

  function look() {
    if (document.hidden) return later();
    fetch(from, { headers: { "If-None-Match": tag }, cache: "no-store", credentials: "same-origin" })
      .then(function (answer) {
        if (answer.status === 304) return later();
        // Signed out, for example: the page stays as it is.
        if (answer.status !== 200) return undefined;
        tag = answer.headers.get("etag") || "";
        return answer.text().then(show);
      })
      .catch(later);
  }

  later();
})();
