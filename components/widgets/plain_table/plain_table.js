// Rows of texts under headings. Everything enters the page as text nodes; a link is made of a UID alone.

// Texts of up to so many letters, such as sizes and dates, stay on one line.
const SHORT = 10;

const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

const link = (text, uid, open) => {
  const anchor = make("a", "", text);
  anchor.href = `series?SeriesInstanceUID=${encodeURIComponent(uid)}`;
  anchor.onclick = (event) => {
    // A plain click stays in this tab without loading the app anew; others do what a link does.
    if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(uid);
  };
  return anchor;
};

const table = (data, open) => {
  const element = make("table");
  const head = make("tr");
  for (const heading of data.headings) head.append(make("th", "", heading));
  element.createTHead().append(head);
  const body = element.createTBody();
  data.rows.forEach((cells, position) => {
    const row = body.insertRow();
    cells.forEach((text, place) => {
      const cell = row.insertCell();
      cell.dataset.label = data.headings[place];
      if (text === null) cell.append(make("span", "missing", "none"));
      else if (place === 0 && data.series.length) cell.append(link(text, data.series[position], open));
      else cell.textContent = text;
      if (text !== null && text.length <= SHORT) cell.className = "short";
    });
  });
  return element;
};

const filter = (element, none, typed) => {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  let left = 0;
  for (const row of element.tBodies[0].rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    left += !row.hidden;
  }
  none.hidden = left > 0;
};

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector("#root");
  const shown = JSON.stringify(data);
  if (root.dataset.shown === shown) return;
  root.dataset.shown = shown;
  const element = table(data, (uid) => setTriggerValue("opened", uid));
  const frame = make("div", "frame");
  frame.append(element);
  // With links in it the keyboard gets there anyway.
  if (!data.series.length) Object.assign(frame, { tabIndex: 0, role: "region", ariaLabel: data.headings.join(", ") });
  root.replaceChildren(frame);
  if (!data.search) return;
  const none = make("p", "none", "Nothing matches.");
  none.hidden = true;
  const box = make("input");
  box.type = "search";
  box.placeholder = data.search;
  box.setAttribute("aria-label", data.search);
  box.oninput = () => filter(element, none, box.value);
  root.prepend(box);
  root.append(none);
}
