// Where the page scrolls.

/**
 * The element, outside the component, that scrolls it.
 *
 * @param {Node} node
 * @returns {Element}
 */
export function scrollParent(node) {
  /** @type {Node | null} */
  let current = node;
  while (current) {
    if (current instanceof Element && scrolls(current)) return current;
    current = current.parentNode ?? (current instanceof ShadowRoot ? current.host : null);
  }
  return document.scrollingElement ?? document.documentElement;
}

/** @param {Element} element */
function scrolls(element) {
  return /auto|scroll/.test(getComputedStyle(element).overflowY) && element.scrollHeight > element.clientHeight;
}
