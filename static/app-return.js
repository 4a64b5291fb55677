// Opens the app once by itself. Back and Reload find the mark and leave it to the button, since a browser allows one
// launch without a press, and a second try would only annoy. Where nothing can be marked, nothing is tried.
(function () {
  "use strict";
  var button = document.getElementById("open");
  if (!button) return;
  // The mark is a digest: the link may carry a one-time token, which has no place in storage.
  var digest = 5381;
  for (var i = 0; i < button.href.length; i++) digest = ((digest * 33) ^ button.href.charCodeAt(i)) >>> 0;
  var mark = "handback.opened." + digest;
  try {
    if (sessionStorage.getItem(mark)) return;
    sessionStorage.setItem(mark, "1");
  } catch (refused) {
    return;
  }
  window.location.href = button.href;
})();
