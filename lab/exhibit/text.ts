import { duration, percent } from "../../observer/measure/format.ts";
import type { Paint } from "../board/paint.ts";
import { plainTable, tableText } from "../report/plain-table.ts";
import type { ExhibitCell } from "./cell.ts";

/** Below this the users of a stack hardly notice; above this share damage counts as silent. */
const noticedMin = 0.05;
const silentMin = 0.5;

/** The exhibit as a table, a row a scenario and stack, and a sentence a scenario that says what its figures mean. */
export function exhibitText(cells: readonly ExhibitCell[], paint: Paint): string {
  const table = plainTable();
  table.push(["  what is down", "stack", "blast radius", "silent", "recovery", "cost of a good answer"].map((head) => paint.dim(head)));
  for (const cell of cells) table.push([`  ${cell.scenario}`, cell.stack, radiusText(cell, paint), silentText(cell), recoveryText(cell), `${cell.costFactor.toFixed(2)} x`]);
  const scenarios = [...new Set(cells.map(({ scenario }) => scenario))];
  const sentences = scenarios.map((scenario) => `  ${paint.bold(scenario)}  ${meaning(cells.filter((cell) => cell.scenario === scenario))}`);
  const title = "A provider down against the gateway down: the same users, the same load, in virtual time";
  return `${[paint.bold(title), "", tableText(table), "", ...legend(cells).map((line) => paint.dim(`  ${line}`)), "", ...sentences].join("\n")}\n`;
}

/** What the columns are of. */
function legend(cells: readonly ExhibitCell[]): readonly string[] {
  const above = cells.some(({ blastRadius }) => blastRadius > 1) ? " Above 100 %: requests outside of that time were lost too." : "";
  return [`Blast radius: requests lost to the fault, by those offered while it was in force.${above}`, "Cost of a good answer: tokens that providers generated, against the same run without the fault."];
}

function radiusText({ blastRadius }: ExhibitCell, paint: Paint): string {
  return blastRadius >= noticedMin ? paint.red(percent(blastRadius)) : paint.green(percent(blastRadius));
}

const silentText = ({ blastRadius, silentShare }: ExhibitCell) => (blastRadius === 0 && silentShare === 0 ? "-" : percent(silentShare));

const recoveryText = ({ recoveryMs }: ExhibitCell) => (recoveryMs === null ? "not within the run" : duration(recoveryMs));

/** What the figures of one scenario say, over all stacks. */
export function meaning(cells: readonly ExhibitCell[]): string {
  const hit = cells.filter(({ blastRadius }) => blastRadius >= noticedMin);
  const names = (of: readonly ExhibitCell[]) => of.map(({ stack }) => stack).join(" and ");
  if (hit.length === 0) return "Users hardly notice, on any stack: this is the outage that gateways are built for.";
  const silent = hit.filter(({ silentShare }) => silentShare >= silentMin);
  if (silent.length > 0) return `Answers are 200 OK and wrong on ${names(silent)}: no status and no dashboard shows it, only a look from outside.`;
  const spared = cells.filter((cell) => !hit.includes(cell));
  if (spared.length > 0) return `Users of ${names(hit)} are hit, those of ${names(spared)} are not: how the gateway is built decides.`;
  return "Every user of every team is hit, however the gateway's one process is built: it is the single point of failure.";
}
