(function () {
  "use strict";
  var skew = Date.now() - Number(document.body.dataset.now);
  var counts = document.querySelectorAll("[data-deadline]");
  function two(n) { return (n < 10 ? "0" : "") + n; }
  function tick() {
    counts.forEach(function (count) {
      var left = Number(count.dataset.deadline) - (Date.now() - skew);
      var s = Math.floor(Math.abs(left) / 1000), h = Math.floor(s / 3600);
      var clock = (h ? h + ":" + two(Math.floor(s / 60) % 60) : Math.floor(s / 60)) + ":" + two(s % 60);
      count.querySelector(".figure").textContent = clock;
      count.querySelector(".word").textContent = left < 0 ? count.dataset.over : count.dataset.left;
      if (left < 0) { count.closest(".pressing").classList.add("overdue"); }
    });
  }
  document.querySelectorAll(".as-of").forEach(function (note) { note.hidden = true; });
  tick();
  setInterval(tick, 1000);
  document.addEventListener("submit", function (event) {
    if (document.body.dataset.sent) { event.preventDefault(); return; }
    document.body.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", function () { delete document.body.dataset.sent; });
})();
