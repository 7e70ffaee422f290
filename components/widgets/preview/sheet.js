// Middle slices of some series as tiles, each a link to its series. The browser fetches those that come into sight.

import { el, one, swatch } from "../../common/dom.js";
import { BASE, reason } from "./routes.js";

/** @import { Component } from "../../common/types.d.ts" */
/** @import { SheetData, Tile } from "./types.d.ts" */

const NEEDS_NETWORK = "Pictures come from IDC's public buckets; without a network, only downloaded series can be seen.";

/** @param {Component<SheetData>} component */
export default function sheet({ data, parentElement }) {
  const root = one(parentElement, "#root");
  const key = JSON.stringify(data);
  if (root.dataset.key === key) return;
  root.dataset.key = key;
  const message = el("p", { class: "message", role: "status" });
  const tiles = data.tiles.map((tile) => makeTile(tile, message));
  root.replaceChildren(el("div", { class: "sheet" }, [message, el("div", { class: "tiles" }, tiles)]));
}

/** @type {(tile: Tile, message: HTMLElement) => HTMLElement} */
function makeTile(tile, message) {
  const path = `${BASE}/${tile.uid}/middle.png?edge=256`;
  const place = el("div", { class: "place" });
  const image = el("img", {
    loading: "lazy",
    decoding: "async",
    alt: `${tile.modality} ${tile.text}`,
    onload: () => place.classList.add("loaded"),
    onerror: async () => explain(place, message, await reason(path)),
    src: path,
  });
  place.append(image);
  const caption = el("div", { class: "caption" }, [
    el("strong", {}, [swatch(tile.colour), tile.modality]),
    el("span", { text: tile.text }),
    el("span", { text: tile.figures }),
  ]);
  const attributes = { class: "tile", href: tile.link, target: "_self", title: tile.hint, "data-uid": tile.uid };
  return el("a", attributes, [place, caption]);
}

/**
 * Says in place of a picture why it is not there; what concerns all of them is said once.
 *
 * @type {(place: HTMLElement, message: HTMLElement, said: string) => void}
 */
function explain(place, message, said) {
  const unreadable = said.startsWith("The images can't be read");
  if (unreadable) {
    message.textContent = `${said} ${NEEDS_NETWORK}`;
    place.closest(".sheet")?.classList.add("unread");
  }
  place.replaceChildren(el("span", { class: "why", text: unreadable ? "No picture" : said }));
}
