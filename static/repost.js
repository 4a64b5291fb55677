// Posts the form by itself: at once, or after the seconds that it names.
(function () {
  "use strict";
  var form = document.getElementById("repost");
  if (!form) return;
  function post() {
    // A field may be named "submit".
    HTMLFormElement.prototype.submit.call(form);
  }
  var seconds = Number(form.dataset.after);
  // At once is before the page has loaded: that leaves no entry in the history.
  if (seconds > 0) window.setTimeout(post, seconds * 1000);
  else post();
})();
