// Drawings. They stand in the text around them, so nobody reads them out.

const SVG_NS = "http://www.w3.org/2000/svg";

const ICON_PATHS = {
  chevron: "M6 4l4 4-4 4",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.4 10.4L14 14",
  cross: "M4 4l8 8M12 4l-8 8",
  ban: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM4.2 4.2l7.6 7.6",
  info: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 7.3v3.6M8 5v.1",
  warning: "M8 2.2L14.4 13.4H1.6zM8 6.5v3.2M8 11.4v.1",
};

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} [attributes]
 * @param {Node[]} [children]
 */
export function svg(tag, attributes = {}, children = []) {
  const node = document.createElementNS(SVG_NS, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** @param {keyof typeof ICON_PATHS} name */
export function icon(name) {
  const attributes = { class: `icon icon-${name}`, viewBox: "0 0 16 16", "aria-hidden": "true" };
  return svg("svg", attributes, [svg("path", { d: ICON_PATHS[name] })]);
}
