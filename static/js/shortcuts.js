/* Keys: "/" goes to the search. Hook: data-search-field on the field that wants it; the page's own search wins. */

function isTyping(element) {
  return element.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName);
}

export function hookShortcuts() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const field = document.querySelector("main [data-search-field]") ?? document.querySelector("[data-search-field]");
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
}
