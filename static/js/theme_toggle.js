/* The theme button: automatic, light, dark, and round again. Hook: data-theme-toggle. */

const ORDER = ["auto", "light", "dark"];
const SAYS = { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };

function show(button, theme) {
  button.dataset.themeNow = theme;
  button.setAttribute("aria-label", SAYS[theme]);
  button.title = SAYS[theme];
}

function keep(theme) {
  const root = document.documentElement;
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    localStorage.setItem("lnrag-theme", theme);
  } catch { /* the choice then lasts for this page only */ }
}

export function hookThemeToggle() {
  const button = document.querySelector("[data-theme-toggle]");
  if (!button) return;
  show(button, document.documentElement.dataset.theme ?? "auto");
  button.addEventListener("click", () => {
    const next = ORDER[(ORDER.indexOf(button.dataset.themeNow) + 1) % ORDER.length];
    keep(next);
    show(button, next);
  });
}
