// Just enough of a browser for the script of the page behind a link. Reads {page, phone, seconds} as JSON: the page as
// a tree, what the phone's clock shows when it is opened (milliseconds UTC), and after how many seconds to look.
"use strict";
const { page, phone, seconds } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const all = [];
const camel = (name) => name.replace(/-./g, (part) => part[1].toUpperCase());
const fits = (element, selector) => {
  if (selector.startsWith(".")) { return element.classes.has(selector.slice(1)); }
  if (/^\[data-[a-z-]+\]$/.test(selector)) { return camel(selector.slice(6, -1)) in element.dataset; }
  throw new Error("this browser does not know " + selector);
};
function element({ tag, attributes, text, children }, parent) {
  const self = { tag, parent, textContent: text, hidden: false, dataset: {}, classes: new Set((attributes.class || "").split(" ")) };
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("data-")) { self.dataset[camel(name.slice(5))] = value; }
  }
  self.classList = { add: (name) => self.classes.add(name) };
  self.closest = (selector) => (fits(self, selector) ? self : parent && parent.closest(selector));
  all.push(self);
  const inside = children.map((child) => element(child, self));
  self.within = inside.flatMap((child) => [child, ...child.within]);
  self.querySelectorAll = (selector) => self.within.filter((one) => fits(one, selector));
  self.querySelector = (selector) => self.querySelectorAll(selector)[0] || null;
  return self;
}
const root = element(page, null);
const heard = {};
const listen = (name, listener) => { heard[name] = listener; };
const body = all.find((one) => one.tag === "body");
const document = { body, querySelectorAll: root.querySelectorAll, addEventListener: listen };
let now = phone, tick = null;
Date.now = () => now;
new Function("document", "window", "setInterval", all.find((one) => one.tag === "script").textContent)(
  document, { addEventListener: listen }, (each, every) => { if (every === 1000) { tick = each; } });

const shown = seconds.map((after) => {
  now = phone + after * 1000;
  tick();
  return root.querySelectorAll("[data-deadline]").map((count) => [
    count.querySelector(".word").textContent, count.querySelector(".figure").textContent,
    count.closest(".pressing").classes.has("overdue")]);
});
const submitted = () => { let sent = true; heard.submit({ preventDefault: () => { sent = false; } }); return sent; };
const taps = [submitted(), submitted()];
heard.pageshow();
taps.push(submitted());
console.log(JSON.stringify({ shown, taps, hidden: root.querySelectorAll(".as-of").map((note) => note.hidden) }));
