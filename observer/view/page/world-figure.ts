import { markup, type Part } from "../markup.ts";
import { diagram } from "../plots/diagram.ts";
import { spanPlot } from "../plots/spans.ts";
import type { Role } from "../../../kernel/topology.ts";
import type { RunMark, RunView } from "../run-view.ts";

/** From the clients to the providers; what only the gateways ask stands beside them. */
const columnsOf: readonly { readonly title: string; readonly roles: readonly Role[] }[] = [
  { title: "clients", roles: ["client"] },
  { title: "edges", roles: ["edge"] },
  { title: "gateways", roles: ["gateway"] },
  { title: "what they need", roles: ["control", "vault", "store", "collector"] },
  { title: "providers", roles: ["provider"] },
];

/** The parties and the ways between them, which of them a fault acted on, and when. */
export function worldFigure({ world, marks, series }: Pick<RunView, "world" | "marks" | "series">): Part {
  const faults = marks.filter(({ kind }) => kind === "fault");
  const signsOf = (titles: readonly string[]) => faults.flatMap(({ label }, index) => (titles.includes(label) ? [String(index + 1)] : []));
  const columns = columnsOf.filter(({ roles }) => world.components.some(({ role }) => roles.includes(role)));
  const nodes = world.components.map(({ id, role, faults: titles }) => ({ id, column: columns.findIndex(({ roles }) => roles.includes(role)), signs: signsOf(titles) }));
  const ways = world.links.map(({ from, to, faults: titles }) => ({ from, to, signs: signsOf(titles) }));
  const title = "The parties of the run and the ways between them";
  return markup`<figure data-plot="world"><div class="scroll" tabindex="0" role="group" aria-label="${title}"><div class="wide-plot">${diagram({ title, columns: columns.map((column) => column.title), nodes, ways })}</div></div>
<ul class="legend">${faults.map(({ label }, index) => markup`<li><b>${index + 1}</b> ${label}</li>`)}</ul>
<p class="note">${nodes.length} parties and ${ways.length} ways. What a fault acted on is drawn with a dashed line and the fault's number.</p></figure>
${series === null ? null : brokenWhen({ world, faults, endMs: series.fromMs + series.offered.length * series.stepMs })}`;
}

function brokenWhen({ world, faults, endMs }: { readonly world: RunView["world"]; readonly faults: readonly RunMark[]; readonly endMs: number }): Part {
  const sites = [...world.components, ...world.links].filter((site) => site.faults.length > 0);
  if (sites.length === 0) return null;
  const rows = sites.map(({ id, faults: titles }) => ({
    label: id,
    spans: faults.flatMap(({ label, fromMs, toMs }, index) => (titles.includes(label) ? [{ sign: String(index + 1), fromMs, toMs }] : [])),
  }));
  return markup`<figure data-plot="broken">${spanPlot({ title: "What was broken, and when", axis: { fromMs: 0, toMs: endMs }, rows })}
<p class="note">The table of faults has the same times.</p></figure>`;
}
