/* What a running turn tells the reader: the bar, one line of words, the buttons that make sense now. Hook: data-turn. */

import { Clock } from "./clock.js";
import { Voice } from "./voice.js";

const SAYS = {
  queued: (d) => `Waiting for ${d.model}: place ${d.position}`,
  loading: (d) => `Loading ${d.model}…`,
  status: (d) => d.message,
  node_info: () => "Facts gathered. Looking for what could be better…",
  cached_data: () => "An earlier result is being shown while a fresh one is made…",
  technical_recommendations: (d) => `${d.total} found by lnrag's rules. Adding reasons and sources…`,
  similar_document: (d) => `Reading “${d.title ?? "a document"}”…`,
  token: (_, bar) => `The local model is writing… ${bar.tokens} pieces so far.`,
  ai_recommendations: () => "The local model has added its view.",
};

const TOLD_BESIDE = new Set(["degraded", "ungrounded"]); // the answer itself says these

export class Progress {
  constructor(root) {
    this.box = root.querySelector("[data-turn]");
    this.bar = this.box.querySelector("progress");
    this.words = this.box.querySelector("[data-turn-words]");
    this.stop = this.box.querySelector("[data-turn-stop]");
    this.notes = root.querySelector("[data-turn-notes]");
    this.clock = new Clock(this.box.querySelector("[data-turn-clock]"));
    this.voice = new Voice(this.box.querySelector("[data-turn-voice]"));
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented || this.box.hidden || this.stop.hidden) return;
      event.preventDefault(); // one press stops one turn
      this.stop.click();
    });
  }

  start(words) {
    this.box.hidden = false;
    this.bar.hidden = this.stop.hidden = false;
    this.bar.value = 0;
    this.words.textContent = words;
    this.notes.replaceChildren();
    this.voice.clear();
    this.tokens = 0;
  }

  show(event) {
    this.bar.value = Math.max(this.bar.value, event.progress);
    if (event.type === "token") this.tokens += 1;
    const words = SAYS[event.type]?.(event.data, this);
    if (words && words !== this.words.textContent) this.words.textContent = words;
    this.clock.show(event);
    this.voice.show(event);
    if (event.type === "warning" && !TOLD_BESIDE.has(event.data.code)) this.note(event.data.message, "note note-warning");
  }

  end(words) {
    this.clock.stop();
    this.words.textContent = words;
    if (document.activeElement === this.stop) this.words.focus(); // its button is about to go
    this.bar.hidden = this.stop.hidden = true;
  }

  note(text, className) {
    const line = document.createElement("p");
    line.className = className;
    line.textContent = text;
    this.notes.append(line);
    return line;
  }

  fail(data, retry) {
    this.end("Stopped.");
    const line = this.note(`${data.message} `, "note note-error");
    line.setAttribute("role", "alert");
    if (!data.retryable) return;
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Try again", className: "button button-small" });
    button.addEventListener("click", retry);
    line.append(button);
  }
}
