// A page of another host in a frame. Browsers don't tell a page whether a frame shows what it was meant to: a refused
// or unreachable page "loads" like any other. An <object> does tell, so the address is tried in one first, inside a frame
// without scripts: it costs the page's HTML alone. Whether the host answers at all is then a question for fetch.

import { el, one } from "../../common/dom.js";

/** @import { Component } from "../../common/types.d.ts" */
/** @import { Data, Outcome } from "./types.d.ts" */

const PATIENCE = 15_000;

// After so long without an answer the visitor is told, while the frame goes on.
const SLOW = 4_000;

const FREEDOMS =
  "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads";

/** @param {string} host */
function refusedBy(host) {
  return `${host} does not let itself be shown inside this page, or answers with an error. Open the viewer in a new tab instead.`;
}

/** @param {string} host */
function unreachable(host) {
  return `${host} can’t be reached from your browser; there may be no network.`;
}

/** @param {string} host */
function waitingFor(host) {
  return `${host} has not answered yet.`;
}

/** @type {(url: string, place: HTMLElement) => Promise<Outcome>} */
function tryAddress(url, place) {
  return new Promise((resolve) => {
    const attributes = { title: "", class: "trial", "aria-hidden": "true", tabindex: "-1" };
    const room = el("iframe", { ...attributes, sandbox: "allow-same-origin" });
    /** @param {Outcome} outcome */
    const end = (outcome) => {
      clearTimeout(patience);
      room.remove();
      resolve(outcome);
    };
    const patience = setTimeout(() => end("unknown"), PATIENCE);
    room.onload = () => {
      room.onload = null;
      const inside = room.contentDocument;
      if (!inside) return;
      const trial = inside.createElement("object");
      trial.type = "text/html";
      trial.addEventListener("load", () => end("shown"));
      trial.addEventListener("error", () => end("refused"));
      trial.data = url;
      inside.body.append(trial);
    };
    room.srcdoc = "<!doctype html><title>Trial</title>";
    place.append(room);
  });
}

/** @param {string} url */
function answers(url) {
  return fetch(url, { mode: "no-cors", credentials: "omit" }).then(
    () => true,
    () => false,
  );
}

/** @type {(root: HTMLElement, data: Data, leave: () => void) => Promise<void>} */
async function showViewer(root, { url, title, instead }, leave) {
  const message = el("p", { role: "status" });
  /** @param {string} sentence */
  const say = (sentence) => {
    message.textContent = sentence;
    if (sentence && instead) message.append(" ", el("button", { type: "button", text: instead, onclick: leave }));
  };
  const frame = el("iframe", { title, sandbox: FREEDOMS, allow: "fullscreen", src: url });
  root.replaceChildren(message, frame);
  const { href, host, origin } = new URL(url, document.baseURI);
  const slow = setTimeout(() => say(waitingFor(host)), SLOW);
  frame.onload = () => {
    clearTimeout(slow);
    say("");
  };
  // What this server sends needs no trial.
  const outcome = origin === location.origin ? "shown" : await tryAddress(href, root);
  clearTimeout(slow);
  if (root.dataset.url !== url) return;
  if (outcome === "refused") {
    const sentence = (await answers(href)) ? refusedBy(host) : unreachable(host);
    if (root.dataset.url !== url) return;
    frame.onload = null;
    frame.remove();
    say(sentence);
  }
  root.dataset.outcome = outcome;
}

/** @param {Component<Data>} component */
export default function viewerFrame({ data, parentElement, setTriggerValue }) {
  const root = one(parentElement, "#root");
  if (root.dataset.url === data.url) return;
  root.dataset.url = data.url;
  delete root.dataset.outcome;
  showViewer(root, data, () => setTriggerValue("left", true));
}
