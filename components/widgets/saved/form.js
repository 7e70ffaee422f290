// The form in which the cohort on screen gets the name under which this browser keeps it.
// Needs storage.js. Text enters the page as text nodes and values only.

function saveForm(cohort, close) {
  const form = document.createElement("form");
  form.className = "save";
  const name = document.createElement("input");
  name.setAttribute("aria-label", "Name of the cohort");
  name.maxLength = cohort.longest;
  name.required = true;
  name.value = readSaved().find((entry) => entry.query === cohort.query)?.name ?? cohort.suggested;
  const keep = document.createElement("button");
  keep.className = "keep";
  keep.textContent = "Save in this browser";
  const cancel = document.createElement("button");
  cancel.type = "button";
  cancel.className = "tool";
  cancel.textContent = "Cancel";
  cancel.onclick = close;
  const note = document.createElement("span");
  note.className = "note";
  note.setAttribute("role", "status");
  name.oninput = () => {
    const other = readSaved().find((entry) => entry.name === name.value.trim() && entry.query !== cohort.query);
    note.textContent = other ? "Takes the place of the one that has this name." : "";
  };
  form.append(name, keep, cancel, note);
  form.onkeydown = (event) => { if (event.key === "Escape") close(); };
  form.onsubmit = (event) => {
    event.preventDefault();
    const called = name.value.trim();
    if (!called) return;
    const { query, json, sentence, figures } = cohort;
    const kept = writeSaved([{ name: called, query, json, sentence, figures }, ...withoutSaved(called)]);
    const said = document.createElement("p");
    said.className = "note";
    said.setAttribute("role", "status");
    said.textContent = kept
      ? `Saved as “${called}”: Home lists it, in this browser alone.`
      : "This browser keeps nothing for this page: copy its address instead.";
    form.replaceWith(said);
  };
  return form;
}

// Opens and closes the form; another cohort closes it.
function offerSaving(place, cohort) {
  if (place.dataset.query !== cohort.query) place.replaceChildren();
  place.dataset.query = cohort.query;
  return () => {
    if (place.querySelector("form")) {
      place.replaceChildren();
      return;
    }
    place.replaceChildren(saveForm(cohort, () => place.replaceChildren()));
    place.querySelector("input").select();
  };
}
