// Small DOM helpers. Text that comes from data only ever passes through
// textContent and setAttribute.

const SVG_NS = "http://www.w3.org/2000/svg";

const ICON_PATHS = {
  chevron: "M6 4l4 4-4 4",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.4 10.4L14 14",
  cross: "M4 4l8 8M12 4l-8 8",
  ban: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM4.2 4.2l7.6 7.6",
  info: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 7.3v3.6M8 5v.1",
  warning: "M8 2.2L14.4 13.4H1.6zM8 6.5v3.2M8 11.4v.1",
};

function el(tag, props = {}, children = []) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) setProp(node, name, value);
  node.append(...children);
  return node;
}

function setProp(node, name, value) {
  if (typeof value === "function") node.addEventListener(name.slice(2), value);
  else if (name === "text") node.textContent = value;
  else if (value === true) node.setAttribute(name, "");
  else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
}

function svg(tag, attributes = {}, children = []) {
  const node = document.createElementNS(SVG_NS, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function icon(name) {
  const attributes = { class: `icon icon-${name}`, viewBox: "0 0 16 16", "aria-hidden": "true" };
  return svg("svg", attributes, [svg("path", { d: ICON_PATHS[name] })]);
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setAttr(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
}

function show(node, visible) {
  if (node.hidden === visible) node.hidden = !visible;
}

// Puts `wanted` into `parent` in that order and drops everything else, touching
// only the nodes that are out of place. Focus survives a move.
function placeChildren(parent, wanted) {
  const root = parent.getRootNode();
  const focused = root.activeElement;
  let cursor = parent.firstChild;
  for (const node of wanted) {
    if (node === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(node, cursor);
  }
  while (cursor) {
    const next = cursor.nextSibling;
    cursor.remove();
    cursor = next;
  }
  if (focused && focused !== root.activeElement && parent.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}

const EXACT = new Intl.NumberFormat("en-US");

function exactCount(count) {
  return EXACT.format(count);
}

// 9,412 · 12.3 k · 877 k · 1.04 M
function compactCount(count) {
  if (count < 9_999.5) return EXACT.format(count);
  if (count < 999_500) return `${threeDigits(count / 1e3)} k`;
  return `${threeDigits(count / 1e6)} M`;
}

function threeDigits(number) {
  return number >= 99.95 ? String(Math.round(number)) : number.toPrecision(3);
}

function labelWithMatch(node, label, query) {
  const at = query ? label.toLowerCase().indexOf(query) : -1;
  if (at < 0) {
    node.replaceChildren(label);
    return;
  }
  const end = at + query.length;
  node.replaceChildren(label.slice(0, at), el("mark", { text: label.slice(at, end) }), label.slice(end));
}

// The element, outside the component, that scrolls the panel.
function scrollParent(node) {
  let current = node;
  while (current) {
    if (current instanceof Element && scrolls(current)) return current;
    current = current.parentNode || current.host || null;
  }
  return document.scrollingElement;
}

function scrolls(element) {
  return /auto|scroll/.test(getComputedStyle(element).overflowY) && element.scrollHeight > element.clientHeight;
}

// One tooltip for the whole panel, in the top layer so that no sidebar clips it.
function createTooltip() {
  const node = el("div", { class: "tip", role: "tooltip", id: "tip", popover: "manual" });
  const tooltip = { node, rectOf: null };
  const isOpen = () => node.matches(":popover-open");
  tooltip.hide = () => isOpen() && node.hidePopover();
  tooltip.follow = () => isOpen() && placeTooltip(node, tooltip.rectOf());
  tooltip.showAt = (text, rectOf) => {
    tooltip.rectOf = rectOf;
    setText(node, text);
    if (!isOpen()) node.showPopover();
    placeTooltip(node, rectOf());
  };
  return tooltip;
}

function placeTooltip(node, rect) {
  const margin = 8;
  const { width, height } = node.getBoundingClientRect();
  const left = Math.min(rect.left + rect.width / 2 - width / 2, innerWidth - width - margin);
  const below = rect.bottom + 6;
  const top = below + height > innerHeight - margin ? rect.top - height - 6 : below;
  node.style.left = `${Math.max(margin, left)}px`;
  node.style.top = `${top}px`;
}
