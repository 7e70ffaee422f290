// One tooltip for the whole panel, in the top layer so that no sidebar clips it.

import { el, setText } from "../../common/dom.js";

/** @import { Box } from "./types.d.ts" */

/** @typedef {ReturnType<typeof createTooltip>} Tooltip */

export function createTooltip() {
  const node = el("div", { class: "tip", role: "tooltip", id: "tip", popover: "manual" });
  /** @type {(() => Box) | null} */
  let rectOf = null;
  const isOpen = () => node.matches(":popover-open");
  return {
    node,
    hide() {
      if (isOpen()) node.hidePopover();
    },
    /** Stays at what it tells about. */
    follow() {
      if (isOpen() && rectOf) placeTooltip(node, rectOf());
    },
    /** @type {(text: string, rect: () => Box) => void} */
    showAt(text, rect) {
      rectOf = rect;
      setText(node, text);
      if (!isOpen()) node.showPopover();
      placeTooltip(node, rect());
    },
  };
}

/** @type {(node: HTMLElement, rect: Box) => void} */
function placeTooltip(node, rect) {
  const margin = 8;
  const { width, height } = node.getBoundingClientRect();
  const left = Math.min(rect.left + rect.width / 2 - width / 2, innerWidth - width - margin);
  const below = rect.bottom + 6;
  const top = below + height > innerHeight - margin ? rect.top - height - 6 : below;
  node.style.left = `${Math.max(margin, left)}px`;
  node.style.top = `${top}px`;
}
