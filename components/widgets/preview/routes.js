// What the app's routes of pictures and headers say: JSON or a picture, or one sentence as an error.

export const BASE = "api/preview";

const SILENT = "The app does not answer: reload the page once it runs again.";
const LONGEST = 400;

/**
 * Raises one sentence if there is no answer to show.
 *
 * @type {<Answer>(path: string) => Promise<Answer>}
 */
export async function ask(path) {
  const response = await fetch(path).catch(() => {
    throw new Error(SILENT);
  });
  if (!response.ok) throw new Error((await response.text()).trim().slice(0, LONGEST) || "This can't be shown.");
  return response.json();
}

/**
 * Why a picture did not come, in words.
 *
 * @param {string} path
 */
export async function reason(path) {
  try {
    const response = await fetch(path);
    if (response.ok) return "This picture can't be shown by the browser.";
    return (await response.text()).trim().slice(0, LONGEST);
  } catch {
    return SILENT;
  }
}

/** @param {unknown} error */
export function sentenceOf(error) {
  return error instanceof Error ? error.message : String(error);
}
