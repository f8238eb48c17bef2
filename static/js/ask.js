/* A question with its live answer: tokens as they come, then the finished answer from the server. Hook: data-ask. */

import { openTurn, fragment } from "./turn.js";
import { Progress } from "./progress.js";

class Ask {
  constructor(root) {
    this.root = root;
    this.form = root.querySelector("form");
    this.field = this.form.elements.question;
    this.exchanges = root.querySelector("[data-exchanges]");
    this.conversation = root.dataset.conversation;
    this.blank = root.querySelector("template");
    this.progress = new Progress(root);
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.start(this.field.value.trim()); });
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); this.form.requestSubmit(); }
    });
    this.progress.stop.addEventListener("click", () => this.stop());
    root.addEventListener("click", (event) => {
      const example = event.target.closest("[data-example]");
      if (example) { event.preventDefault(); this.start(example.dataset.example); }
    });
  }

  start(question) {
    if (question.length < 3) return;
    this.cancel();
    this.question = question;
    this.answer = null;
    this.field.value = "";
    this.exchanges.querySelector("[data-ask-empty]")?.remove();
    const [add, latest] = this.root.dataset.order === "oldest" ? ["append", "lastElementChild"] : ["prepend", "firstElementChild"];
    this.exchanges[add](this.blank.content.cloneNode(true));
    this.box = this.exchanges[latest];
    this.box.querySelector("[data-question]").textContent = question;
    this.live = this.box.querySelector("[data-live]");
    this.found = this.box.querySelector("[data-found]");
    this.doubts = this.box.querySelector("[data-doubts]");
    this.live.classList.add("is-writing");
    this.progress.start("Searching the library…");
    this.turn = openTurn(this.root.dataset.socket, { question, conversation_id: this.conversation || "new" }, (e) => this.take(e));
  }

  cancel() {
    this.turn?.cancel();
    this.live?.classList.remove("is-writing");
  }

  stop() {
    this.cancel();
    this.progress.end("Stopped by you. What had arrived stays below.");
    this.live.after(Object.assign(document.createElement("p"), { className: "faint", textContent: "You stopped this answer here." }));
  }

  take(event) {
    this.progress.show(event);
    if (event.type === "token") this.live.append(event.data.text);
    if (event.type === "similar_document") this.addTo(this.found, event.data.breadcrumb || event.data.title, "tag");
    if (event.type === "warning" && event.data.check) this.addTo(this.doubts, event.data.message);
    if (["answer", "cached_data", "ai_analysis"].includes(event.type)) this.answer = event.data;
    if (event.type === "complete") this.end(event.data);
    if (event.type === "error") { this.live.classList.remove("is-writing"); this.progress.fail(event.data, () => this.start(this.question)); }
  }

  addTo(list, text, className = "") {
    list.append(Object.assign(document.createElement("li"), { textContent: text, className }));
  }

  async showAnswer(data) {
    try {
      const place = this.live.parentElement;
      this.live.replaceWith(await fragment(this.root.dataset.answerUrl, data));
      window.htmx?.process(place); // its thumbs
      this.found.replaceChildren();
      this.doubts.remove(); // the finished answer marks the sentences themselves
    } catch {
      this.live.textContent = data.answer;
    }
  }

  goOnWith(conversation) {
    if (!conversation || conversation === this.conversation) return;
    this.conversation = conversation;
    if (this.root.dataset.conversationUrl) history.replaceState(null, "", `${this.root.dataset.conversationUrl}${conversation}/`);
  }

  async end(data) {
    this.live.classList.remove("is-writing");
    this.goOnWith(data.conversation_id);
    if (this.answer) await this.showAnswer({ ...this.answer, ...data });
    const seconds = data.processing_time_ms ? ` in ${(data.processing_time_ms / 1000).toFixed(1)} s` : "";
    this.progress.end(`Answered${seconds}.`);
  }
}

export function hookAsk() {
  for (const root of document.querySelectorAll("[data-ask]")) new Ask(root);
}
