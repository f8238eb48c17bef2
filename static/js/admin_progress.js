// Keep the progress of jobs on an admin list up to date: fetch the same page and put the new bars in place of the old.
const EVERY_MS = 2000;

async function refresh() {
  if (!document.querySelector("[data-progress][data-live]")) return;
  try {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (answer.ok) replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // The server is away for a moment: the bars stay as they are, and the next turn tries again.
  }
  setTimeout(refresh, EVERY_MS);
}

function replace(page) {
  for (const fresh of page.querySelectorAll("[data-progress]")) {
    const stale = document.querySelector(`[data-progress="${fresh.dataset.progress}"]`);
    const [staleRow, freshRow] = [stale?.closest("tr"), fresh.closest("tr")];
    if (!staleRow || !freshRow) stale?.replaceWith(fresh);
    else [...freshRow.children].forEach((cell, at) => at && staleRow.children[at]?.replaceWith(cell));
  }
}

setTimeout(refresh, EVERY_MS);
