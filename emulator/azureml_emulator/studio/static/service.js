// A service's page: sends what is chosen, dropped or typed through the studio to the service, and shows the answer;
// shows the key when asked to; copies what is to be pasted. The browser itself never needs the key.
"use strict";

const test = document.getElementById("test");
const answer = document.getElementById("answer");
const picture = document.getElementById("picture");
const drop = document.getElementById("drop");
const file = document.getElementById("file");
const typed = document.getElementById("text");
const send = (source, options) =>
  fetch(source, { method: "POST", ...options, headers: { "form-token": test.dataset.token, ...options.headers } });

function say(text) {
  const line = document.createElement("p");
  line.textContent = text;
  answer.replaceChildren(line);
}

let newest = 0; // an answer that a later question has overtaken isn't shown
async function ask(body, type) {
  const number = ++newest;
  say("Waiting for the answer…");
  try {
    const reply = await send(test.dataset.source, { body, headers: { "Content-Type": type } });
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    if (number !== newest) return;
    const answered = page.getElementById("answered");
    if (answered) answer.replaceChildren(answered);
    else say(page.querySelector("main p")?.textContent ?? `The local workspace answered ${reply.status}.`);
  } catch {
    if (number === newest) say("The local workspace doesn't answer: it was stopped, or took no more of the file.");
  }
}

async function show(image) {
  picture.hidden = true;
  try {
    const bitmap = await createImageBitmap(image);
    const scale = Math.min(1, 320 / bitmap.width, 240 / bitmap.height);
    [picture.width, picture.height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
    picture.getContext("2d").drawImage(bitmap, 0, 0, picture.width, picture.height);
    bitmap.close();
    picture.setAttribute("aria-label", image.name);
    picture.hidden = false;
  } catch {
    // no image, or one of a kind that this browser doesn't know: the service may
  }
}

function askAbout(chosen) {
  if (chosen.size > Number(test.dataset.limit)) {
    newest++;
    say(`${chosen.name} is longer than ${Number(test.dataset.limit) / 2 ** 20} MiB, which is all that a service takes.`);
    return;
  }
  show(chosen);
  ask(chosen, chosen.type || "application/octet-stream");
}

file.addEventListener("change", () => {
  if (file.files.length) askAbout(file.files[0]);
});
file.addEventListener("click", () => (file.value = "")); // the same file may be sent again
for (const name of ["dragover", "dragleave", "drop"])
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", name === "dragover");
    if (name !== "drop" || !event.dataTransfer.files.length) return;
    file.files = event.dataTransfer.files; // its name is shown, and it can be sent again
    askAbout(file.files[0]);
  });
// The service's example with another text in place of its only one.
function withText(example, text) {
  if (typeof example === "string") return text;
  if (Array.isArray(example)) return example.map((inner) => withText(inner, text));
  return Object.fromEntries(Object.entries(example).map(([key, inner]) => [key, withText(inner, text)]));
}

function isJson(text) {
  if (!typed.dataset.example || text.startsWith("{")) return /^[[{]/.test(text);
  try {
    return Array.isArray(JSON.parse(text));
  } catch {
    return false; // "[sic]" is a text
  }
}

typed.addEventListener("input", () => (file.value = "")); // what was typed last is what is sent
document.getElementById("typed").addEventListener("submit", (event) => {
  event.preventDefault();
  if (file.files.length) return askAbout(file.files[0]);
  picture.hidden = true;
  const text = typed.value.trim();
  if (!text) {
    newest++;
    return say("There is nothing to send: choose a file, or type a body.");
  }
  if (isJson(text)) ask(text, "application/json");
  else if (typed.dataset.example) {
    const body = withText(JSON.parse(typed.dataset.example), text);
    ask(JSON.stringify(body), "application/json");
  } else ask(text, "text/plain;charset=utf-8");
});

const button = document.getElementById("show");
button?.addEventListener("click", async () => {
  const spans = document.querySelectorAll(".key");
  const shown = button.getAttribute("aria-expanded") === "true";
  let key = null;
  if (!shown) {
    const reply = await send(button.dataset.source, {});
    if (!reply.ok) return location.reload(); // the page itself says what is wrong
    key = (await reply.json()).key;
  }
  for (const span of spans) span.textContent = key ?? span.dataset.hidden;
  button.setAttribute("aria-expanded", String(!shown));
  button.textContent = `${shown ? "Show" : "Hide"} the ${button.dataset.what}`;
});

for (const copy of document.querySelectorAll("[data-copy]")) {
  copy.hidden = !navigator.clipboard;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(copy.dataset.copy).textContent);
    copy.textContent = "Copied";
    setTimeout(() => (copy.textContent = "Copy"), 2000);
  });
}
test.hidden = false;
