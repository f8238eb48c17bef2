/* Documents go up one by one, each with its own progress; then the server's own lines follow the work. Without scripts
   the same form posts all files at once. Hooks: form[data-hand-in], [data-drop]. */

const LOST = "The connection was lost. Nothing of this file was stored; try again.";

class Line {
  constructor(list, file) {
    this.root = document.createElement("li");
    this.name = Object.assign(document.createElement("bdi"), { textContent: file.name });
    this.body = Object.assign(document.createElement("div"), { className: "soft" });
    this.body.append("Waiting to be sent…");
    const head = document.createElement("p");
    head.append(this.name);
    this.root.append(head, this.body);
    list.append(this.root);
  }

  progress(done, total) {
    const bar = this.body.querySelector("progress") ?? document.createElement("progress");
    if (!bar.isConnected) { bar.setAttribute("aria-label", `Sending ${this.name.textContent}`); this.body.replaceChildren("Sending…", bar); }
    bar.max = total;
    bar.value = done;
    if (done === total) { bar.removeAttribute("value"); this.body.firstChild.textContent = "Sent. Being checked…"; }
  }

  show(html) {
    const part = new DOMParser().parseFromString(html, "text/html").querySelector("[data-intake], [role='alert']");
    if (!part) return this.fail("The server refused this file. Sign in again, then try once more.");
    this.body.replaceChildren(document.adoptNode(part));
    window.htmx.process(this.body);
    return part.hasAttribute("data-intake");
  }

  fail(words) {
    const note = Object.assign(document.createElement("p"), { className: "note note-error", textContent: words });
    note.setAttribute("role", "alert");
    this.body.replaceChildren(note);
    return false;
  }
}

function send(form, file, line) {
  const content = new FormData(form);
  content.set("files", file, file.name);
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", ({ loaded, total }) => line.progress(loaded, total));
    request.addEventListener("load", () => resolve(line.show(request.responseText)));
    request.addEventListener("error", () => resolve(line.fail(LOST)));
    request.open("POST", form.action);
    request.setRequestHeader("HX-Request", "true");
    request.send(content);
  });
}

async function sendAll(form, files) {
  const box = form.parentElement.querySelector("[data-hand-in-list]");
  const said = box.querySelector("[data-hand-in-said]");
  const lines = files.map((file) => new Line(box.querySelector("ul"), file));
  const most = Number(form.dataset.mostBytes);
  let taken = 0;
  box.hidden = false;
  for (const [place, file] of files.entries()) {
    said.textContent = `Sending ${file.name}, ${place + 1} of ${files.length}`;
    if (file.size > most) lines[place].fail(`Too large: a file may have ${Math.round(most / 1048576)} MB. Divide it, or hand in its text alone.`);
    else taken += await send(form, file, lines[place]) ? 1 : 0;
  }
  said.textContent = `${taken} of ${files.length} sent; lnrag reads them now.`;
}

async function take(form, files) {
  const button = form.querySelector("button");
  const most = Number(form.dataset.mostFiles);
  const chosen = [...files].slice(0, most);
  if (!chosen.length || button.disabled) return;
  button.disabled = true;
  await sendAll(form, chosen);
  const rest = files.length - chosen.length;
  if (rest > 0) form.parentElement.querySelector("[data-hand-in-said]").textContent += ` ${rest} more were left out: ${most} files go at once.`;
  form.querySelector("input[type='file']").value = "";
  button.disabled = false;
}

function hookDrop(form, zone) {
  const lift = (event) => { if ([...event.dataTransfer.types].includes("Files")) { event.preventDefault(); zone.classList.add("is-over"); } };
  zone.addEventListener("dragenter", lift);
  zone.addEventListener("dragover", lift);
  zone.addEventListener("dragleave", () => zone.classList.remove("is-over"));
  zone.addEventListener("drop", (event) => { event.preventDefault(); zone.classList.remove("is-over"); take(form, event.dataTransfer.files); });
}

export function hookHandIn() {
  for (const form of document.querySelectorAll("form[data-hand-in]")) {
    form.addEventListener("submit", (event) => { event.preventDefault(); take(form, form.querySelector("input[type='file']").files); });
    hookDrop(form, form.querySelector("[data-drop]"));
  }
}
