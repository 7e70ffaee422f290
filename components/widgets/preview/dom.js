// Small helpers of all three parts. Text from data enters the page as text nodes only.

const el = (tag, props = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
};

// What the routes say: JSON, or one sentence as an error.
const ask = async (path) => {
  let response;
  try {
    response = await fetch(path);
  } catch {
    throw new Error("The app does not answer: reload the page once it runs again.");
  }
  if (!response.ok) throw new Error((await response.text()).trim().slice(0, 400) || "This can't be shown.");
  return response.json();
};

// Why a picture did not come, in words.
const reason = async (path) => {
  try {
    const response = await fetch(path);
    if (response.ok) return "This picture can't be shown by the browser.";
    return (await response.text()).trim().slice(0, 400);
  } catch {
    return "The app does not answer: reload the page once it runs again.";
  }
};
