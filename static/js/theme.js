/* Before the first paint: say that scripts run, and put the reader's theme in place. Classic script, loaded in the head. */
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const theme = localStorage.getItem("lnrag-theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch { /* storage may be forbidden: the system's theme stands */ }
})();
