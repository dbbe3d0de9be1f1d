import type { Plan } from "../kernel/plan.ts";
import type { CanaryRecord, FaultRecord } from "../kernel/records.ts";
import type { Attribution, Belief, Books, Measures, Range, Verdict } from "../kernel/verdict.ts";
import { attributionSentence } from "./measure/attribution.ts";
import { figure, percent, seconds } from "./measure/words.ts";

export interface Reported {
  readonly plan: Plan;
  readonly verdict: Verdict;
  readonly faults: readonly FaultRecord[];
  readonly canary: readonly CanaryRecord[];
}

/** `report.md` of a run: what happened, by how much, and from what it was computed. Every figure is of the verdict, the plan or a tap. */
export function reportOf(reported: Reported): string {
  const { plan, verdict } = reported;
  const sections = [
    `# ${plan.title}\n\n**${verdict.verdict}** · scenario \`${plan.scenario}\`, seed ${plan.seed}\n\n${list(verdict.reasons)}`,
    expectationsSection(verdict),
    verdict.measures === null ? "" : measuresSection(verdict.measures),
    verdict.attribution === undefined ? "" : attributionSection(verdict.attribution),
    verdict.belief === null ? "" : beliefSection(verdict.belief),
    cellsSection(verdict),
    canarySection(reported),
    faultsSection(reported),
    booksSection(verdict.books),
    wrongSection(verdict),
    provenanceSection(reported),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function expectationsSection({ expectations }: Verdict): string {
  if (expectations.length === 0) return "";
  const rows = expectations.map(({ measure, atMost, atLeast, value, result }) => {
    const limits = [...(atMost === undefined ? [] : [`at most ${figure(atMost)}`]), ...(atLeast === undefined ? [] : [`at least ${figure(atLeast)}`])];
    return [measure, limits.join(", "), value === null ? "-" : range(value, figure), result];
  });
  return `## Expectations\n\n${table(["measure", "expected", "measured", "result"], rows)}`;
}

function measuresSection(measures: Measures): string {
  const rows: string[][] = [
    ["**blast radius**", `**${range(measures.blastRadius, percent)}**`, "demand-weighted unit-windows that are bad, minus control"],
    ["control", range(measures.control.badUnitWindowShare, percent), `${measures.control.kind}; ${percent(measures.control.badShare)} of its requests bad`],
    ["breadth", range(measures.breadth, percent), "cells hit"],
    ["depth", percent(measures.depth), "requests bad while hit"],
    ["duration", seconds(measures.durationMs), "first to last bad unit-window"],
    ["containment", measures.containment === null ? "-" : percent(measures.containment), "damage in cells whose routes include a faulted deployment"],
    ["silent share", percent(measures.silentShare), "bad requests that were delivered as a success"],
    ["bad share", percent(measures.badShare), causesOf(measures)],
    ["error budget burned", figure(measures.errorBudgetBurned), "times the allowance of the exposure"],
    ["wrong answers", String(measures.wrongAnswers), "delivered over the whole run"],
    ["amplification", figure(measures.amplification), "provider attempts a client request"],
    ["token waste", percent(measures.tokenWaste), "tokens generated and never delivered"],
    ["detection", orNone(measures.detectionMs, "no alarm"), "the observer's burn-rate alarm, after the faults began"],
    ["detection by the gateway", orNone(measures.believedDetectionMs, "no alarm"), "the same rule on its own metrics"],
    ["recovery", orNone(measures.recoveryMs, `> ${seconds(measures.recoveryObservedMs)}`), "after the faults were lifted"],
    ["first token p50 / p99", `${ms(measures.latency.firstTokenMsP50)} / ${ms(measures.latency.firstTokenMsP99)}`, "from the intended send"],
    ["longest gap p50 / p99", `${ms(measures.latency.gapMsP50)} / ${ms(measures.latency.gapMsP99)}`, "between two pieces of a stream's content"],
    ["total p50 / p99", `${ms(measures.latency.totalMsP50)} / ${ms(measures.latency.totalMsP99)}`, "from the intended send"],
  ];
  return `## Blast radius\n\n${table(["measure", "value", "of what"], rows)}`;
}

function causesOf({ causes }: Measures): string {
  const named = Object.entries(causes).filter(([, count]) => count > 0);
  return named.length === 0 ? "no bad request" : named.map(([cause, count]) => `${cause.replaceAll("_", " ")} ${count}`).join(", ");
}

function attributionSection(attribution: Attribution): string {
  const { bad, fault, overload, faultAndOverload, other, overloaded } = attribution;
  if (bad === 0) return "";
  const row = (what: string, count: number) => [what, String(count), percent(count / bad)];
  const causes = [
    row("the injected fault alone", fault),
    row("the overload of a deployment that no fault targets", overload),
    row("both: the fault, then that overload", faultAndOverload),
    row("neither", other),
  ];
  const deployments = overloaded.map(({ deployment, attempts, refused, heldUp, queuedMsP50, reasons }) => [
    deployment,
    String(attempts),
    String(refused),
    Object.entries(reasons).map(([reason, count]) => `${reason.replaceAll("_", " ")} ${count}`).join(", "),
    String(heldUp),
    ms(queuedMsP50),
  ]);
  const heads = ["overloaded", "attempts of bad requests", "refused", "why", "held up", "queued p50"];
  const sentence = attributionSentence(attribution);
  const tables = [table(["hit by", "bad requests", "share"], causes), ...(sentence === null ? [] : [table(heads, deployments), sentence])];
  return `## What made them bad\n\n${tables.join("\n\n")}`;
}

function beliefSection(belief: Belief): string {
  const said = (value: number | null) => (value === null ? "not readable" : figure(value));
  const rows = [
    ["requests", said(belief.requests), figure(belief.observedRequests)],
    ["failed or bad", said(belief.failures), figure(belief.observedBad)],
    ["attempts at providers", said(belief.attempts), figure(belief.observedAttempts)],
  ];
  const findings = belief.findings.length === 0 ? "The two agree." : list(belief.findings);
  return `## What the gateway believed\n\n${table(["over the exposure", "the gateway believed", "the observer saw"], rows)}\n\n${findings}`;
}

function cellsSection({ cells }: Verdict): string {
  const rows = cells.map(({ cell, requests, bad, silent }) => [cell, String(requests), String(bad), requests === 0 ? "-" : percent(bad / requests), String(silent)]);
  return `## Cells\n\n${table(["cell", "requests", "bad", "share", "silent"], rows)}`;
}

function canarySection({ plan, canary }: Reported): string {
  const rows = plan.routes.flatMap(({ name }) => {
    const own = canary.filter(({ route }) => route === name);
    const failed = own.filter(({ ok }) => !ok);
    const kinds = [...new Set(failed.map(({ failure, detail }) => failure ?? detail))].join(", ");
    return own.length === 0 ? [] : [[name, String(own.length), String(failed.length), kinds === "" ? "-" : kinds]];
  });
  return rows.length === 0 ? "" : `## The observer's own probes\n\n${table(["route", "probes", "failed", "how"], rows)}`;
}

function faultsSection({ plan, faults }: Reported): string {
  const rows = plan.faults.flatMap((fault) => [
    [fault.title, fault.affects.components.join(", "), `${seconds(fault.fromMs)} to ${fault.lifted ? seconds(fault.toMs) : "the end"}`, injectedOf(fault.id, faults)],
    ...fault.phases.map((phase) => [`phase ${phase.index + 1} of ${fault.phases.length}: ${phase.title}`, "", `${seconds(phase.fromMs)} to ${seconds(phase.toMs)}`, ""]),
  ]);
  return rows.length === 0 ? "## Faults\n\nNone." : `## Faults\n\n${table(["fault", "at", "planned", "as it was"], rows)}`;
}

function injectedOf(id: string, faults: readonly FaultRecord[]): string {
  const own = faults.filter(({ fault }) => fault === id);
  return own.length === 0 ? "no record" : own.map(({ action, atMs }) => `${action} at ${seconds(atMs)}`).join(", ");
}

function booksSection(books: Books): string {
  const row = [books.offered, books.sent, books.dropped, books.joined, books.reused, books.errorWithoutAttempt, books.clientAborts, books.unexplained, books.orphanAttempts];
  const heads = ["offered", "sent", "dropped", "joined", "reused", "error without attempt", "client aborts", "unexplained", "orphan attempts"];
  return `## Books\n\n${table(heads, [row.map(String)])}\n\n${books.balanced ? "They balance." : list(books.problems)}`;
}

const wrongShownMax = 20;

function wrongSection({ wrong }: Verdict): string {
  if (wrong.length === 0) return "";
  const more = wrong.length > wrongShownMax ? `\n\n${wrong.length - wrongShownMax} more in \`verdict.json\`.` : "";
  return `## Wrong answers\n\n${table(["request", "why"], wrong.slice(0, wrongShownMax).map(({ requestId, why }) => [requestId, why]))}${more}`;
}

function provenanceSection({ plan, verdict }: Reported): string {
  const rows = [
    ["run", plan.run],
    ["scenario", plan.scenario],
    ["seed", String(plan.seed)],
    ["speed", `${figure(plan.speed)} (compression of the fault timeline)`],
    ["exposure", `${seconds(plan.timeline.faultFromMs)} to ${seconds(plan.timeline.endMs)}, faults lifted at ${seconds(plan.timeline.faultToMs)}`],
    ["load offered by", verdict.load.generator ?? "not known"],
    ["answers timed by", instrumentWords(verdict.load)],
    ["load lateness p99", ms(verdict.load.latenessMsP99)],
    ["load dropped", percent(verdict.load.droppedShare)],
    ["latency profiles", [...new Set(plan.deployments.map(({ name, latency }) => `${name}: ${latency.source}`))].join("; ")],
  ];
  return `## Provenance\n\n${table(["", ""], rows)}\n\nThe verdict is computed from \`plan.json\`, \`arrivals.ndjson\` and \`taps/\` alone: \`npx blastlab verdict RUN_DIR\` computes it again.`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(heads), `|${heads.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

function list(sentences: readonly string[]): string {
  return sentences.map((sentence) => `- ${sentence}`).join("\n");
}

function range([low, high]: Range, show: (value: number) => string): string {
  return low === high ? show(low) : `${show(low)} to ${show(high)}`;
}

function orNone(value: number | null, none: string): string {
  return value === null ? none : seconds(value);
}

function instrumentWords({ generator, instrument }: Verdict["load"]): string {
  return instrument === null ? "not known" : instrument === generator ? "the same" : `the ${instrument}`;
}

function ms(value: number | null): string {
  return value === null ? "not measured" : `${Math.round(value)} ms`;
}
