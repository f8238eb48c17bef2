/* Ask before something is removed. Hook: form[data-confirm="the question"]; without scripts the form posts at once. */

export function hookConfirm() {
  document.addEventListener("submit", (event) => {
    const question = event.target.dataset?.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  }, true);
}
