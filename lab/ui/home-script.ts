/** The script of `blastlab ui`: starts the run that the form asks for, and goes to its live page. */
export const homeScript = `
const lost = document.getElementById("lost");
const form = document.getElementById("start-form");
const start = document.getElementById("start");
if (form !== null) form.addEventListener("submit", async (event) => {
  event.preventDefault();
  start.disabled = true;
  const valueOf = (id) => document.getElementById(id).value;
  const seed = valueOf("seed");
  const body = { scenario: valueOf("scenario"), stack: valueOf("stack"), ...(seed === "" ? {} : { seed: Number(seed) }) };
  try {
    const response = await fetch("runs", { method: "POST", redirect: "manual", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error.message);
    location.href = "live/";
  } catch (error) {
    lost.textContent = "Not started: " + error.message;
    lost.hidden = false;
    start.disabled = false;
  }
});
`;
