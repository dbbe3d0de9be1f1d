/**
 * Draws the end of a run as the terminal shows it:
 * `node lab/report/picture.ts RUN_DIR "REPLAY COMMAND" > docs/images/flagship.svg`. The README's picture is made by it,
 * from a run.
 */
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import picocolors from "picocolors";
import { viewOf } from "../../observer/view/view-of.ts";
import { readPlan, readVerdict } from "../files.ts";
import { terminalText } from "./terminal.ts";

const lineHeight = 19;
const charWidth = 8.1;
const margin = 20;

/** Attributes of a span by SGR code; what is not named here is drawn plain. */
const styles: Readonly<Record<string, string>> = {
  "1": 'font-weight="bold" fill="#ffffff"',
  "2": 'fill="#8b949e"',
  "31": 'fill="#ff7b72"',
  "32": 'fill="#56d364"',
  "33": 'fill="#e3b341"',
  "36": 'fill="#79c0ff"',
};

/** Text with SGR colours as an SVG of fixed-width lines. */
export function terminalSvg(text: string): string {
  const lines = text.trimEnd().split("\n");
  const width = Math.ceil(2 * margin + charWidth * Math.max(...lines.map((line) => stripVTControlCharacters(line).length)));
  const height = 2 * margin + lineHeight * lines.length;
  const rows = lines.map((line, index) => `<text x="${margin}" y="${margin + lineHeight * (index + 0.75)}" xml:space="preserve">${spans(line)}</text>`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13.5" fill="#c9d1d9">`,
    ...rows,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

function spans(line: string): string {
  let style = "";
  // oxlint-disable-next-line no-control-regex -- escape sequences are what is looked for
  return line.replace(/\u001b\[(\d+)m|([^\u001b]+)/g, (_whole, code: string | undefined, text: string | undefined) => {
    if (code !== undefined) {
      style = styles[code] ?? (Number(code) === 22 || Number(code) >= 39 || code === "0" ? "" : style);
      return "";
    }
    const escaped = (text ?? "").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    return style === "" ? escaped : `<tspan ${style}>${escaped}</tspan>`;
  });
}

if (process.argv[1] === import.meta.filename) {
  const [directory = "", replay = ""] = process.argv.slice(2);
  const view = viewOf({ plan: readPlan(directory), verdict: readVerdict(directory) });
  const shown = path.join("runs", path.basename(directory));
  process.stdout.write(terminalSvg(terminalText(view, { directory: shown, replay: replay === "" ? null : replay }, picocolors.createColors(true))));
}
