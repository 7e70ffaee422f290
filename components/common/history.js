// One entry of the browser's history for one click on a link with a query.
//
// Streamlit goes to another page in two steps: first it pushes the new query under the old path, then the new path. The
// first is no place to go back to, so the second takes its place.

/** @type {string | null} */
let pushedQuery = null;

/**
 * @param {History["pushState"]} push
 * @param {History["replaceState"]} replace
 * @returns {History["pushState"]}
 */
function withoutSteps(push, replace) {
  return (state, title, url) => {
    const target = new URL(url ?? "", location.href);
    const isSecondStep =
      target.pathname !== location.pathname &&
      target.search !== "" &&
      target.search === location.search &&
      pushedQuery === location.href;
    const isQueryAlone = target.pathname === location.pathname && target.search !== location.search;
    (isSecondStep ? replace : push)(state, title, url);
    pushedQuery = isQueryAlone ? location.href : null;
  };
}

export default function tidyHistory() {
  if (history.pushState.name === "pushOnce") return;
  const pushOnce = withoutSteps(history.pushState.bind(history), history.replaceState.bind(history));
  Object.defineProperty(pushOnce, "name", { value: "pushOnce" });
  history.pushState = pushOnce;
}
