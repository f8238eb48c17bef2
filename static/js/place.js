/* The fields of a new source show only while one is wanted. Hooks: select[data-place], [data-place-new] in its fieldset. */

export function hookPlace() {
  for (const select of document.querySelectorAll("select[data-place]")) {
    const fresh = select.closest("fieldset").querySelector("[data-place-new]");
    const show = () => { if (fresh) fresh.hidden = select.value !== ""; };
    select.addEventListener("change", show);
    show();
  }
}
