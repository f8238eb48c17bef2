/* A file goes up with a progress bar; without scripts the same form posts plainly. Hook: form[data-upload]. */

function send(form) {
  const bar = form.querySelector("progress");
  const words = form.querySelector("[data-upload-words]");
  const button = form.querySelector("button");
  const request = new XMLHttpRequest();
  const fail = (text) => { words.textContent = text; button.disabled = false; bar.hidden = true; };
  bar.hidden = false;
  button.disabled = true;
  words.textContent = "Sending the file…";
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.max = total;
    bar.value = loaded;
    if (loaded === total) { bar.removeAttribute("value"); words.textContent = "Sent. Reading and checking it…"; }
  });
  request.addEventListener("load", () => {
    if (request.status === 200) { location.assign(request.responseURL); return; }
    const note = new DOMParser().parseFromString(request.responseText, "text/html").querySelector("[role='alert']");
    fail(note?.textContent.trim() || "The server refused this file.");
  });
  request.addEventListener("error", () => fail("The connection was lost. Nothing was stored; try again."));
  request.open("POST", form.action);
  request.send(new FormData(form));
}

export function hookUpload() {
  for (const form of document.querySelectorAll("form[data-upload]")) {
    form.addEventListener("submit", (event) => { event.preventDefault(); send(form); });
  }
}
