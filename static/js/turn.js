/* One turn over a websocket: open, send the question, hand each event on, end with exactly one complete or error. */

const ENDS = new Set(["complete", "error"]);
const CLOSED = {
  4401: { code: "sign_in_required", message: "Sign in to use this.", retryable: false },
  4403: { code: "forbidden", message: "This page may not open that stream.", retryable: false },
};
const LOST = { code: "connection_lost", message: "The connection to lnrag was lost.", retryable: true };

export function openTurn(path, firstMessage, onEvent) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}${path}`);
  let isOver = false;
  const deliver = (event) => {
    if (isOver) return;
    isOver = ENDS.has(event.type);
    onEvent(event);
    if (isOver) socket.close(1000);
  };
  socket.addEventListener("open", () => socket.send(JSON.stringify(firstMessage)));
  socket.addEventListener("message", ({ data }) => deliver(JSON.parse(data)));
  socket.addEventListener("close", ({ code }) => deliver({ type: "error", progress: 0, data: CLOSED[code] ?? LOST }));
  return {
    cancel() {
      if (isOver) return;
      isOver = true;
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "cancel", action: "cancel" }));
      socket.close(1000);
    },
  };
}

export async function fragment(url, body) {
  const token = document.querySelector("[name='csrfmiddlewaretoken']")?.value ?? "";
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`fragment ${response.status}`);
  const holder = document.createElement("template");
  holder.innerHTML = await response.text(); // our own server's page fragment, escaped there
  return holder.content;
}
