// Looks at the next page behind this one: a page that reloads makes a screen reader begin anew each time. What is new is
// said by the status; where something else came, that is shown.
(function () {
  "use strict";
  var status = document.getElementById("waiting");
  if (!status) return;
  var next = status.dataset.next || window.location.href;

  function later(seconds) {
    window.setTimeout(ask, (Number(seconds) || 3) * 1000);
  }

  function moveOn(address) {
    window.location.replace(address);
  }

  function show(html) {
    window.history.replaceState(null, "", next);
    document.open();
    document.write(html);
    document.close();
  }

  function read(html) {
    var page = new DOMParser().parseFromString(html, "text/html");
    var fresh = page.getElementById("waiting");
    if (!fresh) return show(html);
    next = fresh.dataset.next || next;
    if (fresh.textContent !== status.textContent) {
      status.innerHTML = "";
      while (fresh.firstChild) status.appendChild(document.adoptNode(fresh.firstChild));
      document.title = page.title;
    }
    later(fresh.dataset.seconds);
  }

  function ask() {
    if (!window.fetch) return moveOn(next);
    // With this header a redirect comes as an address to read: the way on may be given once only.
    fetch(next, { headers: { "Handback-Waiting": "1" }, redirect: "manual", cache: "no-store" })
      .then(function (answer) {
        var address = answer.headers.get("location");
        return address ? moveOn(address) : answer.text().then(read);
      })
      .catch(function () { later(3); });
  }

  // From here on a reload asks for the next page too: this one may have answered a form that holds a code.
  window.history.replaceState(null, "", next);
  later(status.dataset.seconds);
})();
