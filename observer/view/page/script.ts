/**
 * The only script of a page: a cursor over each plot that has a table twin, moved by arrow keys or by a pointer, which
 * reads the twin's row out. Without it nothing is missing: the twin has every number. It makes no request and keeps
 * nothing.
 */
export const cursorScript = `"use strict";
function setUpCursor(figure) {
  const plot = figure.querySelector(".plot");
  const output = figure.querySelector("output");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  line.setAttribute("class", "cursor");
  line.setAttribute("y1", "0");
  line.style.display = "none";
  const table = () => figure.querySelector(".twin table");
  const rows = () => table().tBodies[0].rows;
  const svg = () => plot.querySelector("svg");
  let at = -1;
  const draw = () => {
    line.setAttribute("y2", String(Number(svg().getAttribute("height")) - 22));
    if (line.parentNode !== svg()) svg().append(line);
    plot.setAttribute("aria-label", svg().getAttribute("aria-label") + ". Arrow keys move the time cursor.");
    plot.setAttribute("aria-valuemax", String(Math.max(0, rows().length - 1)));
    if (at < 0 || rows().length === 0) return;
    at = Math.min(at, rows().length - 1);
    const x = (100 * (at + 0.5)) / Number(figure.dataset.steps) + "%";
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
    line.style.display = "";
    const heads = [...table().tHead.rows[0].cells].map((cell) => cell.textContent);
    const text = [...rows()[at].cells].map((cell, index) => (index === 0 ? cell.textContent : heads[index] + " " + cell.textContent)).join(" \\u00b7 ");
    plot.setAttribute("aria-valuenow", String(at));
    plot.setAttribute("aria-valuetext", text);
    output.textContent = text;
  };
  const move = (to) => {
    at = Math.max(0, Math.min(rows().length - 1, to));
    draw();
  };
  plot.tabIndex = 0;
  plot.setAttribute("role", "slider");
  plot.setAttribute("aria-valuemin", "0");
  plot.setAttribute("aria-valuenow", "0");
  plot.setAttribute("aria-valuetext", "no time chosen");
  const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 10, PageDown: -10 };
  plot.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in steps) move(at + steps[event.key]);
    else if (event.key === "Home") move(0);
    else if (event.key === "End") move(rows().length - 1);
    else return;
    event.preventDefault();
  });
  plot.addEventListener("pointermove", (event) => {
    const { left, width } = svg().getBoundingClientRect();
    move(Math.floor(((event.clientX - left) / width) * Number(figure.dataset.steps)));
  });
  figure.addEventListener("redrawn", draw);
  draw();
}
for (const figure of document.querySelectorAll("figure[data-steps]")) if (figure.querySelector(".twin tbody tr") !== null) setUpCursor(figure);
`;
