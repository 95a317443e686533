// What somebody with weak eyes, without a mouse or with a screen reader meets on the page; a list of complaints.
() => {
  const wrong = [];
  const shown = (element) => element.checkVisibility() && element.getBoundingClientRect().right > 0;
  const name = (element) => `<${element.tagName.toLowerCase()}> "${element.textContent.trim().slice(0, 40)}"`;

  const channels = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const over = (top, below) => ({
    r: top.r * top.a + below.r * (1 - top.a),
    g: top.g * top.a + below.g * (1 - top.a),
    b: top.b * top.a + below.b * (1 - top.a),
    a: 1,
  });
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(channels(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), { r: 255, g: 255, b: 255, a: 1 });
  };
  const light = ({ r, g, b }) => {
    const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  };

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let texts = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    texts += 1;
    const style = getComputedStyle(element);
    const back = ground(element);
    const [bright, dark] = [light(over(channels(style.color), back)), light(back)].sort((a, b) => b - a);
    const contrast = (bright + 0.05) / (dark + 0.05);
    if (contrast < 4.5) wrong.push(`contrast ${contrast.toFixed(2)}: ${name(element)}`);
    if (parseFloat(style.fontSize) < 16) wrong.push(`${style.fontSize}: ${name(element)}`);
    if (shown(element) && element.getBoundingClientRect().right > innerWidth + 1) wrong.push(`cut off: ${name(element)}`);
  }
  if (!texts) wrong.push("nothing to read");
  if (document.documentElement.scrollWidth > innerWidth) wrong.push("scrolls sideways");

  if (!document.documentElement.lang) wrong.push("no language");
  let level = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const its = Number(heading.tagName[1]);
    if (its > level + 1) wrong.push(`skips a level: ${name(heading)}`);
    if (!heading.textContent.trim()) wrong.push("an empty heading");
    level = its;
  }
  if (document.querySelectorAll("h1").length !== 1) wrong.push("not one h1");
  if (document.querySelectorAll("main").length !== 1) wrong.push("not one main");
  const navigations = [...document.querySelectorAll("nav")].map((one) => one.getAttribute("aria-label"));
  if (navigations.some((label) => !label) || new Set(navigations).size !== navigations.length) wrong.push("navs that sound alike");
  for (const image of document.images) if (!image.hasAttribute("alt")) wrong.push("an image without words");
  for (const field of document.querySelectorAll("input, select, textarea")) if (!field.labels.length) wrong.push("a field without label");
  for (const time of document.querySelectorAll("time")) if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?$/.test(time.dateTime)) wrong.push(`a time: ${time.dateTime}`);
  for (const link of document.links) {
    if (!link.textContent.trim()) wrong.push("a link without words");
    if (!link.closest("p, .text") && shown(link) && link.getBoundingClientRect().height < 24) wrong.push(`hard to hit: ${name(link)}`);
  }
  return wrong;
}
