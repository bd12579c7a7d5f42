// Follows what is going: fetches the page again, swaps the regions that changed, and appends to the log.
// Without script, the page shows the same when it is reloaded.
"use strict";

const log = document.getElementById("log");
const lost = document.getElementById("lost");
const regions = document.querySelectorAll("[data-live]");
const shown = new Map([...regions].map((region) => [region.id, region.innerHTML]));
const every = (page) => Number(page.getElementById("main").dataset.every || 0);

async function ask(address) {
  const answer = await fetch(address);
  if (!answer.ok) location.reload(); // the page itself says what is wrong
  return answer;
}

async function readLog() {
  for (;;) {
    const answer = await ask(`${log.dataset.source}?from=${log.dataset.end}`);
    const text = await answer.text();
    if (!text) return;
    const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
    log.append(text);
    log.dataset.end = answer.headers.get("Log-End");
    if (atEnd) log.scrollTop = log.scrollHeight;
  }
}

function showEnds(part) {
  for (const text of part.querySelectorAll("pre.log")) text.scrollTop = text.scrollHeight;
}

// Only what differs: a link that was swapped under the pointer can't be clicked, and details would close.
function swap(region, fresh) {
  if (!fresh || fresh.innerHTML === shown.get(region.id)) return;
  shown.set(region.id, fresh.innerHTML);
  const focused = region.contains(document.activeElement) && document.activeElement.id;
  region.replaceChildren(...fresh.childNodes);
  showEnds(region);
  if (focused) document.getElementById(focused)?.focus();
}

async function follow() {
  for (let pause = every(document); pause; ) {
    await new Promise((resume) => setTimeout(resume, pause));
    try {
      if (log) await readLog();
      const text = await (await ask(location.href)).text();
      const fresh = new DOMParser().parseFromString(text, "text/html");
      for (const region of regions) swap(region, fresh.getElementById(region.id));
      pause = every(fresh);
      if (!pause) delete document.getElementById("main").dataset.every;
      lost.hidden = true;
    } catch {
      lost.hidden = false;
    }
  }
  if (log) await readLog();
}

showEnds(document);
if (every(document)) follow();
