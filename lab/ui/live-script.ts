/**
 * The live page's script: replaces the parts that the server sends, once a second, and sends what a person asks for. A
 * figure is replaced inside, so that the cursor, the focus and an open table stay as they are.
 */
export const liveScript = `
const lost = document.getElementById("lost");
const stop = document.getElementById("stop");
const noteForm = document.getElementById("note-form");
const note = document.getElementById("note");
const noteButton = document.getElementById("note-button");
const faultForm = document.getElementById("fault-form");
const fault = document.getElementById("fault");
const seconds = document.getElementById("seconds");
const inject = document.getElementById("inject");
const glassForm = document.getElementById("glass-form");
const glassInputs = [...glassForm.querySelectorAll("select, input, button")];
const ask = (path, body, done) =>
  send(path, body).then(
    () => {
      done();
      complain("");
    },
    (error) => complain(error.message),
  );
function fromHtml(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}
function redraw(figure, next) {
  figure.dataset.steps = next.dataset.steps;
  figure.querySelector(".plot").replaceChildren(...next.querySelector(".plot").childNodes);
  figure.querySelector(".twin .scroll").replaceChildren(...next.querySelector(".twin .scroll").childNodes);
  const isKept = (child) => child.matches(".plot, output, .twin");
  for (const child of [...figure.children]) if (!isKept(child)) child.remove();
  figure.querySelector(".twin").before(...[...next.children].filter((child) => !isKept(child)));
  figure.dispatchEvent(new Event("redrawn"));
}
function show(name, html) {
  const part = document.querySelector('[data-part="' + name + '"]');
  const content = fromHtml(html);
  const figure = part.querySelector("figure");
  const next = content.querySelector("figure");
  if (figure !== null && next !== null) return redraw(figure, next);
  part.replaceChildren(content);
  const first = part.querySelector("figure[data-steps]");
  if (first !== null) setUpCursor(first);
}
async function send(path, body) {
  const response = await fetch(path, { method: "POST", redirect: "manual", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error.message);
  return answer;
}
function complain(text) {
  lost.textContent = text;
  lost.hidden = text === "";
}
let isOver = false;
const source = new EventSource("events");
source.addEventListener("open", () => complain(""));
source.addEventListener("error", () => {
  if (isOver) source.close();
  complain(isOver ? "The lab has ended. This page shows its last figures." : "No connection to the lab. The figures below are old.");
});
source.addEventListener("parts", (event) => {
  for (const [name, html] of Object.entries(JSON.parse(event.data))) show(name, html);
});
source.addEventListener("allowed", (event) => {
  const allowed = JSON.parse(event.data);
  stop.disabled = !allowed.stop;
  note.disabled = noteButton.disabled = !allowed.note;
  fault.disabled = seconds.disabled = inject.disabled = !allowed.inject;
  for (const input of glassInputs) input.disabled = !allowed.breakGlass;
});
source.addEventListener("over", () => (isOver = true));
noteForm.addEventListener("submit", (event) => {
  event.preventDefault();
  void ask("notes", { text: note.value }, () => (note.value = ""));
});
fault.addEventListener("change", () => (seconds.value = fault.selectedOptions[0].dataset.seconds));
faultForm.addEventListener("submit", (event) => {
  event.preventDefault();
  void ask("faults", { fault: fault.value, lengthMs: Number(seconds.value) * 1_000 }, () => {});
});
document.querySelector('[data-part="byHand"]').addEventListener("click", (event) => {
  const { lift } = event.target.dataset;
  if (lift !== undefined) void ask("faults/lift", { fault: lift }, () => {});
});
glassForm.addEventListener("submit", (event) => {
  event.preventDefault();
  const [team, minutes, operator, reason] = ["team", "minutes", "operator", "reason"].map((id) => document.getElementById(id));
  void ask("break-glass", { team: team.value, minutes: Number(minutes.value), operator: operator.value, reason: reason.value }, () => (reason.value = ""));
});
document.querySelector('[data-part="windows"]').addEventListener("click", (event) => {
  const { back } = event.target.dataset;
  if (back !== undefined) void ask("break-glass/back", { team: back }, () => {});
});
stop.addEventListener("click", () => {
  stop.disabled = true;
  send("stop", {}).catch((error) => {
    stop.disabled = false;
    complain("Not stopped: " + error.message + ". Press Ctrl-C in the terminal of the run.");
  });
});
`;
