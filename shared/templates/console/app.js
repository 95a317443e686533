(function () {
  "use strict";
  var body = document.body, here = body.dataset.here, news = document.getElementById("news");
  var skew = Date.now() - Number(body.dataset.now), sending = false, lost = false;
  var EVERY = 4000, STALE = 30000, drawn = Date.now();

  function two(n) { return (n < 10 ? "0" : "") + n; }
  function tick() {
    document.querySelectorAll("[data-deadline]").forEach(function (count) {
      var left = Number(count.dataset.deadline) - (Date.now() - skew);
      var s = Math.floor(Math.abs(left) / 1000), h = Math.floor(s / 3600);
      count.querySelector(".figure").textContent = (h ? h + ":" + two(Math.floor(s / 60) % 60) : Math.floor(s / 60)) + ":" + two(s % 60);
      count.querySelector(".word").textContent = left < 0 ? count.dataset.over : count.dataset.left;
      count.classList.toggle("overdue", left < 0);
    });
  }
  function say(text) { if (news && news.textContent !== text) { news.textContent = text; } }

  function inUse(section) {
    if (section.contains(document.activeElement) && /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) { return true; }
    return Array.prototype.some.call(section.querySelectorAll("textarea, select, input:not([type=hidden])"), function (field) {
      if (field.type === "checkbox") { return field.checked !== field.defaultChecked; }
      if (field.type === "file") { return field.value !== ""; }
      if (field.tagName === "SELECT") { return Array.prototype.some.call(field.options, function (one) { return one.selected !== one.defaultSelected && one.value; }); }
      return field.value !== field.defaultValue;
    });
  }
  function replace(fresh, moved) {
    var kept = false;
    drawn = Date.now();
    document.querySelectorAll("[data-live]").forEach(function (old) {
      var now = fresh.getElementById(old.id);
      if (!now) { return; }
      if (inUse(old)) { kept = true; return; }
      var open = Array.prototype.map.call(old.querySelectorAll("details[open]"), function (one) { return one.id; });
      var focus = old.contains(document.activeElement) ? document.activeElement.closest("[id]") : null;
      now = document.importNode(now, true);
      open.forEach(function (id) { var one = now.querySelector("#" + CSS.escape(id)); if (one) { one.open = true; } });
      old.replaceWith(now);
      if (focus) { var again = document.getElementById(focus.id); if (again) { (again.querySelector("summary, button") || again).focus(); } }
    });
    if (document.querySelectorAll("[data-live]").length !== fresh.querySelectorAll("[data-live]").length && !kept) { location.assign(here); return; }
    if (moved) { say(kept ? news.dataset.kept : news.dataset.changed); }
    if (!kept) { body.dataset.version = fresh.body.dataset.version; }
    upload();
    tick();
  }
  function look() {
    if (document.hidden || sending || lost) { return Promise.resolve(); }
    var known = Date.now() - drawn > STALE ? "" : "?version=" + body.dataset.version;
    return fetch(here + known, { credentials: "same-origin" }).then(function (answer) {
      if (answer.status === 401 || answer.redirected) { lost = true; say(news.dataset.signedOut); return null; }
      if (answer.ok && news.textContent === news.dataset.offline) { say(""); }
      return answer.status === 200 ? answer.text() : null;
    }).then(function (html) {
      if (!html) { return; }
      var fresh = new DOMParser().parseFromString(html, "text/html");
      if (!fresh.body.dataset.version) { return; }
      skew = Date.now() - Number(fresh.body.dataset.now);
      var moved = fresh.body.dataset.version !== body.dataset.version;
      if (moved || Date.now() - drawn > STALE) { replace(fresh, moved); }
    }).catch(function () { say(news.dataset.offline); });
  }

  function hex(bytes) { return Array.prototype.map.call(new Uint8Array(bytes), function (b) { return (b < 16 ? "0" : "") + b.toString(16); }).join(""); }
  function post(address, fields) { return fetch(address, { method: "POST", credentials: "same-origin", body: new URLSearchParams(fields) }); }
  function put(form) {
    var file = form.querySelector("input[type=file]").files[0], note = form.querySelector("[role=status]"), fields;
    note.textContent = note.dataset.busy;
    sending = true;
    return file.arrayBuffer().then(function (content) { return crypto.subtle.digest("SHA-256", content); }).then(function (hash) {
      fields = { csrf: form.elements.csrf.value, once: form.elements.once.value, name: file.name, size: String(file.size), sha256: hex(hash), media_type: file.type || "application/octet-stream" };
      return post(form.dataset.upload, fields);
    }).then(function (answer) {
      if (!answer.ok) { throw new Error("not allowed"); }
      return answer.json();
    }).then(function (allowed) {
      var headers = {};
      if (allowed.status === "kept") { return { ok: true }; }
      Object.keys(allowed.upload.headers).forEach(function (name) { if (name.toLowerCase() !== "content-length") { headers[name] = allowed.upload.headers[name]; } });
      return fetch(allowed.upload.url, { method: "PUT", headers: headers, body: file, referrerPolicy: "no-referrer" });
    }).then(function (answer) {
      if (!answer.ok) { throw new Error("not put"); }
      return post(form.action, fields);
    }).then(function (answer) {
      if (!answer.ok) { throw new Error("not recorded"); }
      form.reset();
      note.textContent = note.dataset.done;
      sending = false;
      return look();
    }).catch(function () { sending = false; note.textContent = note.dataset.failed; });
  }
  function upload() {
    if (!window.crypto || !crypto.subtle) { return; }
    document.querySelectorAll("form[data-upload]").forEach(function (form) { form.hidden = false; });
  }

  document.addEventListener("submit", function (event) {
    if (event.target.dataset.upload) { event.preventDefault(); if (!sending) { put(event.target); } return; }
    if (body.dataset.sent) { event.preventDefault(); return; }
    body.dataset.sent = "yes";
    sending = true;
  });
  window.addEventListener("pageshow", function () { delete body.dataset.sent; sending = false; });
  document.querySelectorAll(".as-of").forEach(function (note) { note.hidden = true; });
  tick();
  setInterval(tick, 1000);
  upload();
  if (here) { setInterval(look, EVERY); }
})();
