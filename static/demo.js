// Keeps the shown call equal to what the form would send: the page that answers "show the call" is the one source of it.
(function () {
  "use strict";
  var form = document.getElementById("payment");
  var call = document.getElementById("call");
  var show = document.getElementById("show-call");
  var copy = document.getElementById("copy-call");
  if (!form || !call || !window.fetch) return;
  var waiting, latest = 0;
  function refresh() {
    var own = ++latest;
    fetch("/demo/call", { method: "POST", body: new URLSearchParams(new FormData(form)) })
      .then(function (answer) { return answer.text(); })
      .then(function (text) {
        var fresh = new DOMParser().parseFromString(text, "text/html").getElementById("call");
        if (own === latest && fresh) call.textContent = fresh.textContent;
      })
      .catch(function () { show.hidden = false; });
  }
  form.addEventListener("input", function () {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 150);
  });
  show.hidden = true;
  if (!navigator.clipboard) return;
  copy.hidden = false;
  copy.addEventListener("click", function () {
    var label = copy.textContent;
    navigator.clipboard.writeText(call.textContent).then(function () {
      copy.textContent = copy.dataset.done;
      setTimeout(function () { copy.textContent = label; }, 2000);
    });
  });
})();
