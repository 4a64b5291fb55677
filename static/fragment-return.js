// Posts to our server what the bank has put behind #, where no server sees it. The address is cleared first: it would stay
// in the history, and browsers carry it along to wherever they are redirected next.
(function () {
  "use strict";
  var form = document.getElementById("answer");
  if (!form) return;
  var answer = window.location.hash.slice(1);
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
  new URLSearchParams(answer).forEach(function (value, name) {
    var field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.appendChild(field);
  });
  // A field may be named "submit". Before the page has loaded, this leaves no entry in the history.
  HTMLFormElement.prototype.submit.call(form);
})();
