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
    this.root.querySelector("[data-advice-empty]")?.remove();
    this.arriving = [];
    this.said = {};
    this.progress.start("Starting…");
    const { analysis_type, goal } = Object.fromEntries(new FormData(this.form));
    this.turn = openTurn(this.root.dataset.socket, { action: "recommend", analysis_type, goal }, (e) => this.take(e));
  }

  cancel() {
    this.turn?.cancel();
    this.progress.end("Stopped by you. What had arrived stays below.");
    this.settle();
  }

  take(event) {
    this.progress.show(event);
    if (event.type === "technical_recommendations") this.said.insufficient = event.data.insufficient;
    if (event.type === "recommendation") this.arriving.push(this.addCard(event.data));
    if (event.type === "ai_recommendations") Object.assign(this.said, event.data);
    if (event.type === "complete") this.finish(event.data);
    if (event.type === "error") {
      this.progress.fail(event.data, () => this.start());
      this.settle();
    }
  }

  /* Rows exist once a turn has ended, however it ended: only then can a card be marked. */
  async settle() {
    await Promise.all(this.arriving);
    this.list.querySelectorAll("fieldset[data-after-turn]").forEach((set) => { set.disabled = false; });
  }

  async addCard({ recommendation, position }) {
    const place = document.createElement("li");
    place.className = "advice-arriving";
    place.dataset.trackingId = recommendation.tracking_id;
    place.textContent = recommendation.title;
    this.list.append(place);
    try {
      place.replaceChildren(await fragment(this.root.dataset.cardUrl, { ...recommendation, position }));
      window.htmx?.process(place);
    } catch { /* its title stays in its place */ }
  }

  /* A model names its choice before the rest is ranked: the final order comes with `ai_recommendations`. */
  rank(order) {
    const places = new Map([...this.list.children].map((place) => [place.dataset.trackingId, place]));
    const ranked = order.map((id) => places.get(id)).filter(Boolean);
    if (ranked.some((place, i) => place !== this.list.children[i])) this.list.append(...ranked);
  }

  async finish(data) {
    await this.settle();
    this.rank(this.said.order ?? []);
    const count = `${data.total_count} recommendation${data.total_count === 1 ? "" : "s"}`;
    this.progress.end(`${count} in ${(data.processing_time_ms / 1000).toFixed(1)} s.`);
    try {
      this.summary.replaceChildren(await fragment(this.root.dataset.summaryUrl, { ...this.said, ...data }));
    } catch { /* the cards stand on their own */ }
  }
}

export function hookAdvice() {
  for (const root of document.querySelectorAll("[data-advice]")) new Advice(root);
}
