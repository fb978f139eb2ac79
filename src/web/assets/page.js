// What a script can add: copying the code, printing, and asking whether the payment arrived. The
// pages do without it.
"use strict";

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  const before = button.textContent;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      return;
    }
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = before), 4000);
  });
}

document.querySelector("[data-focus]")?.focus();

const place = document.querySelector("[data-status]");
if (place) {
  // Every 3 seconds at first, then ever slower, at most once a minute; at once when looked at again.
  let delay = 3000;
  let timer;
  const ask = async () => {
    clearTimeout(timer);
    try {
      const answer = await fetch(place.dataset.status, { cache: "no-store" });
      if (answer.ok) {
        const status = await answer.json();
        if (status.stage !== place.dataset.stage || String(status.version) !== place.dataset.version) {
          location.reload();
          return;
        }
        const left = document.querySelector("[data-left]");
        if (left) left.textContent = status.left ?? "";
      }
    } catch {
      // No network just now: the next question may find it.
    }
    delay = Math.min(delay * 1.2, 60000);
    timer = setTimeout(ask, delay);
  };
  timer = setTimeout(ask, delay);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") {
      delay = 3000;
      ask();
    } else {
      clearTimeout(timer);
    }
  });
}
