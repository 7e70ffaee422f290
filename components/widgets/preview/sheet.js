// Middle slices of some series as tiles, each a link to its series. The browser fetches those that come into sight.

const BASE = "api/preview";

export default function sheet({ data, parentElement }) {
  const root = parentElement.querySelector("#root");
  const key = JSON.stringify(data);
  if (root.dataset.key === key) return undefined;
  root.dataset.key = key;
  const message = el("p", { class: "message", role: "status" });
  root.replaceChildren(el("div", { class: "sheet" }, message, el("div", { class: "tiles" }, ...data.tiles.map((tile) => makeTile(tile, message)))));
  return undefined;
}

const makeTile = (tile, message) => {
  const path = `${BASE}/${tile.uid}/middle.png?edge=256`;
  const place = el("div", { class: "place" });
  const image = el("img", {
    src: path,
    loading: "lazy",
    decoding: "async",
    alt: `${tile.modality} ${tile.text}`,
    onload: () => place.classList.add("loaded"),
    onerror: async () => {
      const said = await reason(path);
      const unreadable = said.startsWith("The images can't be read");
      if (unreadable) {
        message.textContent = `${said} Pictures come from IDC's public buckets; without a network, only downloaded series can be seen.`;
        place.closest(".sheet").classList.add("unread");
      }
      place.replaceChildren(el("span", { class: "why" }, unreadable ? "No picture" : said));
    },
  });
  place.append(image);
  const swatch = el("i", { class: "swatch" });
  swatch.style.background = tile.colour;
  const caption = el("div", { class: "caption" }, el("strong", {}, swatch, tile.modality), el("span", {}, tile.text), el("span", {}, tile.figures));
  return el("a", { class: "tile", href: tile.link, target: "_self", title: tile.hint, "data-uid": tile.uid }, place, caption);
};
