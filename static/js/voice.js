/* Who answers, and why this model: filled when the stream names it, and kept after the end. Hook: data-turn-voice. */

export class Voice {
  constructor(box) {
    this.box = box;
    this.name = box.querySelector("summary");
    this.list = box.querySelector("ul");
  }

  clear() {
    this.box.hidden = true;
    this.box.open = false;
  }

  show({ type, data }) {
    if (type !== "status" || !data.model) return;
    const missed = data.fell_back_from?.length ? `, after ${data.fell_back_from.join(", ")} failed` : "";
    this.name.textContent = `${data.model} answers${missed}`;
    this.list.replaceChildren(...(data.why ?? []).map((reason) => Object.assign(document.createElement("li"), { textContent: reason })));
    this.box.hidden = false;
  }
}
