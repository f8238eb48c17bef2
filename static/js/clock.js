/* The seconds of a wait, between two events: down to a free model, or up to a loaded one. Not read aloud. Hook: data-turn-clock. */

const seconds = (ms) => Math.max(Math.round(ms / 1000), 0);

function untilFree(expectedMs, passedMs) {
  if (expectedMs == null) return "";
  const left = seconds(expectedMs - passedMs);
  return left > 0 ? `, about ${left} s` : ", any moment";
}

function whileLoading({ elapsed_ms: before, expected_ms: whole }, passedMs) {
  const now = seconds(before + passedMs);
  return whole == null ? ` ${now} s` : ` ${now} s of about ${seconds(whole)} s`;
}

const TELLS = {
  queued: (data, passedMs) => untilFree(data.expected_wait_ms, passedMs),
  loading: whileLoading,
};

export class Clock {
  constructor(element) {
    this.element = element;
  }

  show({ type, data }) {
    this.stop();
    const tell = TELLS[type];
    if (!tell) return;
    const began = performance.now();
    const tick = () => { this.element.textContent = tell(data, performance.now() - began); };
    tick();
    this.timer = setInterval(tick, 1000);
  }

  stop() {
    clearInterval(this.timer);
    this.element.textContent = "";
  }
}
