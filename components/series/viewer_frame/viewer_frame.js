// A page of another host in a frame. Browsers don't tell a page whether a frame shows what it was meant to: a refused
// or unreachable page "loads" like any other. An <object> does tell, so the address is tried in one first, inside a frame
// without scripts: it costs the page's HTML alone. Whether the host answers at all is then a question for fetch.

const PATIENCE = 15_000;

// After so long without an answer the visitor is told, while the frame goes on.
const SLOW = 4_000;

const REFUSED = (host) =>
  `${host} does not let itself be shown inside this page, or answers with an error. Open the viewer in a new tab instead.`;
const UNREACHABLE = (host) => `${host} can’t be reached from your browser; there may be no network.`;
const WAITING = (host) => `${host} has not answered yet.`;

const makeFrame = (title, sandbox) => {
  const frame = document.createElement("iframe");
  frame.title = title;
  frame.setAttribute("sandbox", sandbox);
  return frame;
};

// "shown", "refused", or "unknown" where the browser says nothing in time.
const tried = (url, place) =>
  new Promise((resolve) => {
    const room = makeFrame("", "allow-same-origin");
    room.className = "trial";
    room.setAttribute("aria-hidden", "true");
    room.tabIndex = -1;
    const end = (outcome) => { clearTimeout(patience); room.remove(); resolve(outcome); };
    const patience = setTimeout(() => end("unknown"), PATIENCE);
    room.onload = () => {
      room.onload = null;
      const trial = room.contentDocument.createElement("object");
      trial.type = "text/html";
      trial.addEventListener("load", () => end("shown"));
      trial.addEventListener("error", () => end("refused"));
      trial.data = url;
      room.contentDocument.body.append(trial);
    };
    room.srcdoc = "<!doctype html><title>Trial</title>";
    place.append(room);
  });

const answers = (url) => fetch(url, { mode: "no-cors", credentials: "omit" }).then(() => true, () => false);

const show = async (root, { url, title, instead }, leave) => {
  root.replaceChildren();
  const message = document.createElement("p");
  message.setAttribute("role", "status");
  const say = (sentence) => {
    message.textContent = sentence;
    if (!sentence || !instead) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = instead;
    button.addEventListener("click", leave);
    message.append(" ", button);
  };
  const frame = makeFrame(title, "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads");
  frame.allow = "fullscreen";
  frame.src = url;
  root.append(message, frame);
  const { href, host, origin } = new URL(url, document.baseURI);
  const slow = setTimeout(() => say(WAITING(host)), SLOW);
  frame.onload = () => { clearTimeout(slow); say(""); };
  // What this server sends needs no trial.
  const outcome = origin === location.origin ? "shown" : await tried(href, root);
  clearTimeout(slow);
  if (root.dataset.url !== url) return;
  if (outcome === "refused") {
    const sentence = (await answers(href)) ? REFUSED(host) : UNREACHABLE(host);
    if (root.dataset.url !== url) return;
    frame.onload = null;
    frame.remove();
    say(sentence);
  }
  root.dataset.outcome = outcome;
};

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector("#root");
  if (root.dataset.url === data.url) return;
  root.dataset.url = data.url;
  delete root.dataset.outcome;
  show(root, data, () => setTriggerValue("left", true));
}
