// Opens the app once by itself. Back and Reload find the mark and leave it to the button, since a browser allows one
// launch without a press, and a second try would only annoy. Where nothing can be marked, nothing is tried.
(function () {
  "use strict";
  var button = document.getElementById("open");
  var elsewhere = document.getElementById("elsewhere");
  if (!button) {
    // Loaded again. The link is kept with this entry of this tab alone: in a new tab there is none.
    var kept = history.state && history.state.link;
    if (kept) location.replace(location.pathname + kept);
    return;
  }
  // The link opens this journey's pages, and what stands in an address is kept, synchronised and shown to others.
  history.replaceState({ link: location.search }, "", location.pathname);

  if (button.hasAttribute("data-either")) {
    // An iPad calls itself a Mac, but is touched with more than one finger.
    if (!(navigator.maxTouchPoints > 1)) location.replace(elsewhere.href);
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
  if (elsewhere) {
    elsewhere.classList.add("later");
    setTimeout(function () { elsewhere.classList.remove("later"); }, 1500);
  }
  location.href = attempt;
})();
