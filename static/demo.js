// Keeps the amount on the button equal to the amount in the form.
(function () {
  "use strict";
  var amount = document.getElementById("amount");
  var button = document.getElementById("pay");
  if (!amount || !button) return;
  amount.addEventListener("input", function () {
    button.textContent = button.dataset.label.replace("{}", function () {
      return amount.value.trim();
    });
  });
})();
