/* Copy a text on click and say so. Hook: data-copy="the text". Works for content that arrives later. */

async function put(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy"); // the only way left on plain http away from localhost
  area.remove();
}

function say(button, word) {
  const before = button.dataset.word ?? button.textContent;
  button.dataset.word = before;
  button.textContent = word;
  setTimeout(() => { button.textContent = before; }, 1600);
}

export function hookCopy() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try {
      await put(button.dataset.copy);
      say(button, "Copied");
    } catch {
      say(button, "Select and copy by hand");
    }
  });
}
