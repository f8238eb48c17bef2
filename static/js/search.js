/* Arrow keys through the suggestions that htmx put under a search field. Hook: data-search around field and list. */

function options(box) {
  return [...box.querySelectorAll("[role='option']")];
}

function choose(box, field, index) {
  const all = options(box);
  all.forEach((option, i) => option.setAttribute("aria-selected", String(i === index)));
  if (index < 0) field.removeAttribute("aria-activedescendant");
  else {
    field.setAttribute("aria-activedescendant", all[index].id);
    all[index].scrollIntoView({ block: "nearest" });
  }
}

function onKey(event, box, field) {
  const all = options(box);
  const now = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" && all.length) choose(box, field, (now + 1) % all.length);
  else if (event.key === "ArrowUp" && all.length) choose(box, field, (now - 1 + all.length) % all.length);
  else if (event.key === "Enter" && now >= 0) all[now].querySelector("a").click();
  else if (event.key === "Escape") box.querySelector(".suggestions").replaceChildren();
  else return;
  event.preventDefault();
}

export function hookSearch() {
  for (const box of document.querySelectorAll("[data-search]")) {
    const field = box.querySelector("input");
    const list = box.querySelector(".suggestions");
    field.addEventListener("keydown", (event) => onKey(event, box, field));
    new MutationObserver(() => field.setAttribute("aria-expanded", String(options(box).length > 0)))
      .observe(list, { childList: true });
  }
}
