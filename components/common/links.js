// Links within the app: they work as links (new tab, copy), and at a plain click they spare the reload.

import { el } from "./dom.js";
import { scrollParent } from "./scroll.js";

/** @param {MouseEvent} event */
export function isPlainClick(event) {
  return event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
}

/**
 * Goes to an address of the app as the browser's forward button would, which Streamlit answers by running that page: one
 * entry of the history, one run. Streamlit's own switch from Python leaves a second entry behind.
 *
 * @type {(href: string, node: Node) => void}
 */
function visit(href, node) {
  scrollParent(node).scrollTop = 0;
  history.pushState(null, "", href);
  dispatchEvent(new PopStateEvent("popstate"));
}

/**
 * @param {string} className
 * @param {string} text
 * @param {string} href
 * @param {() => void} [before]
 */
export function appLink(className, text, href, before = () => {}) {
  const node = el("a", { class: className, href, text });
  node.addEventListener("click", (event) => {
    if (!isPlainClick(event)) return;
    event.preventDefault();
    before();
    visit(href, node);
  });
  return node;
}

/**
 * Opens in a tab of its own.
 *
 * @type {(text: string, href: string) => HTMLAnchorElement}
 */
export function foreignLink(text, href) {
  return el("a", { href, text, target: "_blank", rel: "noopener noreferrer" });
}
