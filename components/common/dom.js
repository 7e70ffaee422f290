// The DOM helpers of every part with a script. Text that comes from data only ever passes through textContent and
// setAttribute.

/** @import { Props } from "./types.d.ts" */

/**
 * A new element; attributes that are false, null or left out are not set.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Props} [props]
 * @param {(Node | string)[]} [children]
 */
export function el(tag, props = {}, children = []) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (name === "text") node.textContent = /** @type {string} */ (value);
    else setAttr(node, name, value);
  }
  node.append(...children);
  return node;
}

/**
 * A mark in a colour of the data, which no style attribute could hold safely.
 *
 * @param {string} colour
 */
export function swatch(colour) {
  const node = el("i", { class: "swatch" });
  node.style.background = colour;
  return node;
}

/** @type {(node: Node, text: string) => void} */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @type {(node: Element, name: string, value: string | number | boolean | null | undefined) => void} */
export function setAttr(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
}

/** @type {(node: HTMLElement, visible: boolean) => void} */
export function show(node, visible) {
  if (node.hidden === visible) node.hidden = !visible;
}

/**
 * The first element of a selector, where there is one for sure.
 *
 * @type {<Found extends HTMLElement = HTMLElement>(parent: ParentNode, selector: string) => Found}
 */
export function one(parent, selector) {
  return /** @type {any} */ (parent.querySelector(selector));
}

/**
 * What an event happened to, or the first of a selector around it.
 *
 * @type {(event: Event, selector: string) => HTMLElement | null}
 */
export function around(event, selector) {
  return event.target instanceof Element ? event.target.closest(selector) : null;
}

/**
 * What has the focus, in the document or shadow tree of a node.
 *
 * @param {Node} node
 * @returns {Element | null}
 */
export function focusOf(node) {
  const root = node.getRootNode();
  return root instanceof Document || root instanceof ShadowRoot ? root.activeElement : null;
}

/**
 * Puts `wanted` into `parent` in that order and drops everything else, touching only the nodes that are out of place.
 * Focus survives a move.
 *
 * @type {(parent: HTMLElement, wanted: HTMLElement[]) => void}
 */
export function placeChildren(parent, wanted) {
  const focused = focusOf(parent);
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
  if (focused instanceof HTMLElement && focused !== focusOf(parent) && parent.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}
