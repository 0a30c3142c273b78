// Makes the page live: when the world changes, the parts marked `data-live` are fetched anew and swapped in.
// Without script everything still works, with a reload.
"use strict";

const HIGHLIGHT_MS = 1600;

function swap(fresh) {
  const old = document.querySelectorAll("[data-live]");
  for (const part of old) {
    const next = fresh.getElementById(part.id);
    if (!next || next.outerHTML === part.outerHTML || busy(part)) continue;
    const before = new Map([...part.querySelectorAll("[data-key]")].map((e) => [e.dataset.key, e.dataset.rev]));
    const open = new Set([...part.querySelectorAll(".markdown details[open]")].map(where));
    part.replaceWith(next);
    for (const details of next.querySelectorAll(".markdown details")) {
      if (open.has(where(details))) details.open = true;
    }
    for (const element of next.querySelectorAll("[data-key]")) {
      if (before.get(element.dataset.key) !== element.dataset.rev || !before.has(element.dataset.key)) {
        element.classList.add("fresh");
        setTimeout(() => element.classList.remove("fresh"), HIGHLIGHT_MS);
      }
    }
  }
  const colours = fresh.getElementById("label-colours");
  const mine = document.getElementById("label-colours");
  if (colours && colours.getAttribute("href") !== mine.getAttribute("href")) mine.replaceWith(colours);
}

// A part in which somebody writes or has a form open is left alone.
function busy(part) {
  return part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")
    || part.querySelector("details.edit[open]") !== null;
}

function where(details) {
  const owner = details.closest("[data-key]");
  const all = owner ? [...owner.querySelectorAll("details")] : [];
  return `${owner ? owner.dataset.key : ""}/${all.indexOf(details)}`;
}

let running = false;
let again = false;

async function refresh() {
  if (running) { again = true; return; }
  running = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.ok) swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // The sandbox is stopping or restarting; the event source tries again by itself.
  }
  running = false;
  if (again) { again = false; refresh(); }
}

if (document.querySelector("[data-live]")) {
  const source = new EventSource("/-/live");
  let known = document.body.dataset.version; // what changed since this page was made is news, too
  source.onmessage = (message) => {
    if (known !== message.data) refresh();
    known = message.data;
  };
  const often = document.querySelector("[data-every]");
  setInterval(refresh, often ? Number(often.dataset.every) : 30000); // ages, and what is no change of the world
  addEventListener("pagehide", () => source.close());
}

for (const form of document.querySelectorAll("form[data-submit-on-change]")) {
  form.addEventListener("change", () => form.requestSubmit());
}
for (const element of document.querySelectorAll("[data-without-script]")) element.hidden = true;

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
    event.target.form.requestSubmit();
  }
});
