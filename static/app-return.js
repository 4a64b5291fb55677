// Opens the app once by itself. Back and Reload find the mark and leave it to the button, since a browser allows one
// launch without a press, and a second try would only annoy. Where nothing can be marked, nothing is tried.
(function () {
  "use strict";
  var button = document.getElementById("open");
  var elsewhere = document.getElementById("elsewhere");
  if (!button) return;

  if (button.hasAttribute("data-either")) {
    // An iPad calls itself a Mac, but is touched with more than one finger.
    if (!(navigator.maxTouchPoints > 1)) window.location.replace(elsewhere.href);
    return;
  }

  var attempt = button.getAttribute("data-attempt");
  if (!attempt) return;
  // The mark is a digest: the app's link may carry a one-time token, which has no place in storage.
  var digest = 5381;
  for (var i = 0; i < attempt.length; i++) digest = ((digest * 33) ^ attempt.charCodeAt(i)) >>> 0;
  var mark = "handback.opened." + digest;
  try {
    if (sessionStorage.getItem(mark)) return;
    sessionStorage.setItem(mark, "1");
  } catch (refused) {
    return;
  }
  // The way on in the browser is for those whose app did not open: it shows when that is likely.
  if (elsewhere) {
    elsewhere.classList.add("later");
    setTimeout(function () { elsewhere.classList.remove("later"); }, 1500);
  }
  window.location.href = attempt;
})();
