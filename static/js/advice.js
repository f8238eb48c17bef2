/* Live recommendations on the node page. Each event becomes one card, rendered by the server. Hook: data-advice. */

import { openTurn, fragment } from "./turn.js";
import { Progress } from "./progress.js";

class Advice {
  constructor(root) {
    this.root = root;
    this.form = root.querySelector("form[data-advice-form]");
    this.list = root.querySelector("[data-advice-list]");
    this.summary = root.querySelector("[data-advice-summary]");
    this.progress = new Progress(root);
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.start(); });
    this.progress.stop.addEventListener("click", () => this.cancel());
  }

  start() {
    this.turn?.cancel();
    this.list.replaceChildren();
    this.summary.replaceChildren();
    this.arriving = [];
    this.progress.start("Starting…");
    const { analysis_type, goal } = Object.fromEntries(new FormData(this.form));
    this.turn = openTurn(this.root.dataset.socket, { action: "recommend", analysis_type, goal }, (e) => this.take(e));
  }

  cancel() {
    this.turn?.cancel();
    this.progress.end("Stopped by you. What had arrived stays below.");
  }

  take(event) {
    this.progress.show(event);
    if (event.type === "recommendation") this.arriving.push(this.addCard(event.data));
    if (event.type === "complete") this.finish(event.data);
    if (event.type === "error") this.progress.fail(event.data, () => this.start());
  }

  async addCard({ recommendation, position }) {
    const place = document.createElement("li");
    place.className = "advice-arriving";
    place.dataset.position = position;
    const after = [...this.list.children].find((item) => Number(item.dataset.position) > position);
    this.list.insertBefore(place, after ?? null);
    try {
      place.replaceChildren(await fragment(this.root.dataset.cardUrl, { ...recommendation, position }));
      window.htmx?.process(place);
    } catch {
      place.textContent = recommendation.title;
    }
  }

  async finish(data) {
    await Promise.all(this.arriving);
    const seconds = (data.processing_time_ms / 1000).toFixed(1);
    this.progress.end(`${data.total_count} recommendations in ${seconds} s.`);
    try {
      this.summary.replaceChildren(await fragment(this.root.dataset.summaryUrl, data));
    } catch { /* the cards stand on their own */ }
    this.list.querySelectorAll("fieldset[data-after-turn]").forEach((set) => { set.disabled = false; });
  }
}

export function hookAdvice() {
  for (const root of document.querySelectorAll("[data-advice]")) new Advice(root);
}
