/* A part of a page that htmx keeps fresh rests while nobody sees it, or while something in it is being read. Hook: data-live. */

const isRead = (part) => part.querySelector("details[open]") || part.contains(document.activeElement) || isSelected(part);

function isSelected(part) {
  const selection = document.getSelection();
  return !selection.isCollapsed && part.contains(selection.anchorNode);
}

export function hookLive() {
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.matches("[data-live]") && (document.hidden || isRead(event.target))) event.preventDefault();
  });
  document.addEventListener("htmx:sendError", (event) => note(event.target, "lnrag does not answer. Shown is what was known before."));
  document.addEventListener("htmx:responseError", (event) => note(event.target, "This could not be refreshed. Reload the page to see why."));
}

function note(part, words) {
  const line = part.matches("[data-live]") && part.querySelector("[data-live-note]");
  if (!line) return;
  line.textContent = words;
  line.hidden = false;
}
