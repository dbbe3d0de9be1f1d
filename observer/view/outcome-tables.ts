import { attributionSentences } from "../measure/attribution.ts";
import { expectedValue } from "../measure/expectations.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { ReportedUsage } from "../../kernel/reported-usage.ts";
import type { Attribution, GatewayCounts, Books, Verdict } from "../../kernel/verdict.ts";
import { seconds } from "../measure/format.ts";
import { count, measured, measureTitle, ms, none, notShown, share, shareOf, usd } from "../measure/quantity.ts";
import type { ViewTable } from "./run-view.ts";

/** The tables that the verdict alone fills. */

export function expectationsTable({ expectations, measures }: Verdict): ViewTable {
  return {
    name: "expectations",
    title: "Expectations",
    columns: ["measure", "at least", "at most", "measured", "result"],
    rows: expectations.map((expectation) => {
      const { measure, atLeast, atMost, result } = expectation;
      return [
        measureTitle(measure),
        atLeast === undefined ? none : measured(measure, atLeast),
        atMost === undefined ? none : measured(measure, atMost),
        expectedValue(expectation, measures),
        result === "unknown" ? "inconclusive" : result,
      ];
    }),
    notes: [],
  };
}

export function causesTable({ measures }: Verdict): ViewTable {
  const named = Object.entries(measures?.causes ?? {}).filter(([, requests]) => requests > 0);
  const bad = named.reduce((sum, [, requests]) => sum + requests, 0);
  return {
    name: "causes",
    title: "Causes",
    columns: ["cause", "bad requests", "share"],
    rows: named.map(([cause, requests]) => [plain(cause), count(requests), shareOf(requests, bad)]),
    notes: [],
  };
}

/** As the answers name them. */
export function packagesTable({ measures }: Verdict): ViewTable {
  const { answering = [], pushed = [] } = measures?.packages ?? {};
  const regions = answering[0]?.regions.map(({ region }) => region) ?? [];
  return {
    name: "packages",
    title: "Configuration packages",
    columns: ["package", "requests", "share", "clients", "first", "last", ...regions],
    rows: (answering.length < 2 && pushed.length === 0 ? [] : answering).map((each) => {
      const { requests, share: ofAll, clients, firstMs, lastMs } = each;
      return [shortPackage(each.package), count(requests), share(ofAll), clients === null ? none : count(clients), seconds(firstMs), seconds(lastMs), ...each.regions.map((region) => share(region.share))];
    }),
    notes: pushed.map(({ packages, requests, demand }) => {
      if (packages.length === 0) return "No answer names a package that a fault pushed.";
      return `A fault pushed ${packages.map(shortPackage).join(", ")}: ${requests} answers, while ${demand} requests were offered.`;
    }),
  };
}

/** `3@0a1b2c3d`: enough for people to tell packages apart. */
export function shortPackage(name: string): string {
  return name.slice(0, name.indexOf("@") + 9);
}

/** What the bad requests are attributed to. */
export function attributionTable({ attribution }: Verdict): ViewTable {
  return {
    name: "attribution",
    title: "Attribution",
    columns: ["attributed to", "bad requests", "share"],
    rows: attribution === undefined || attribution.bad === 0 ? [] : attributionRows(attribution),
    notes: attributionSentences(attribution),
  };
}

/** Faults stand there even where they hit nobody; the rest only where there is some. */
function attributionRows({ bad, faults, several, overload, faultAndOverload, ownDecision, unreachable, unattributed }: Attribution): ViewTable["rows"] {
  const titles = new Map(faults.map(({ fault, title }) => [fault, title]));
  const named = (ids: readonly string[]) => ids.map((id) => titles.get(id) ?? id).join("; ");
  const row = (what: string, requests: number) => [what, count(requests), shareOf(requests, bad)];
  const some = (what: string, requests: number) => (requests === 0 ? [] : [row(what, requests)]);
  return [
    ...faults.flatMap(({ title, requests, aftermath }) => [row(title, requests), ...some(`aftermath of: ${title}`, aftermath)]),
    ...several.map(({ faults: ids, requests }) => row(`several: ${named(ids)}`, requests)),
    ...some("overload of a deployment where no fault was in force", overload),
    ...faultAndOverload.map(({ faults: ids, requests }) => row(`overload, after: ${named(ids)}`, requests)),
    ...some("the system's own decision: refused", ownDecision.refused),
    ...some("the system's own decision: gave up", ownDecision.gave_up),
    ...some("the system's own decision: held until late", ownDecision.queued),
    ...some("system unreachable", unreachable),
    row("unattributed", unattributed),
  ];
}

export function overloadTable(attribution: Attribution | undefined): ViewTable {
  return {
    name: "overload",
    title: "Overload",
    columns: ["deployment", "attempts of bad requests", "refused", "reasons", "held up", "queued p50"],
    rows: (attribution?.overloaded ?? []).map(({ deployment, attempts, refused, reasons, heldUp, queuedMsP50 }) => [
      deployment,
      count(attempts),
      count(refused),
      Object.entries(reasons).map(([reason, times]) => `${plain(reason)} ${times}`).join(", ") || none,
      count(heldUp),
      ms(queuedMsP50),
    ]),
    notes: [],
  };
}

/** What the gateway's own metrics counted, beside what was observed from outside. */
export function gatewayCountsTable(counts: GatewayCounts | null): ViewTable {
  return {
    name: "gatewayCounts",
    title: "What the gateway counted",
    columns: ["over the exposure", "gateway counted", "observed"],
    rows: counts === null ? [] : countRows(counts),
    notes: counts === null ? [] : countNotes(counts),
  };
}

function countRows({ shown, requests, failures, attempts, observedRequests, observedBad, observedAttempts, cost }: GatewayCounts): ViewTable["rows"] {
  const counted = (value: number | null) => (value === null ? (shown ? "unreadable" : notShown) : count(value));
  return [
    ["requests", counted(requests), count(observedRequests)],
    ["failed or bad", counted(failures), count(observedBad)],
    ["attempts", counted(attempts), count(observedAttempts)],
    ...cost.map(({ team, countedUsd, billedUsd }) => [`cost of team ${team}`, usd(countedUsd), usd(billedUsd)]),
  ];
}

function countNotes({ shown, countedFromMs, countedToMs, findings }: GatewayCounts): readonly string[] {
  if (!shown) return ["The lab reads no metrics of this gateway: what it counted is not shown."];
  const between = countedFromMs === null || countedToMs === null ? [] : [`Counted from ${seconds(countedFromMs)} to ${seconds(countedToMs)}, its last reading.`];
  return [...(findings.length === 0 ? ["The two agree."] : findings), ...between];
}

/** The usage that answers reported to their clients, beside the providers' log, by class of request. */
export function reportedUsageTable({ faults }: Plan, reported: ReportedUsage | null): ViewTable {
  const titles = new Map(faults.map(({ id, title }) => [id, title]));
  return {
    name: "reportedUsage",
    title: "Usage reported to clients",
    columns: ["answered by", "form", "source", "reported", "not reported", "wrong", "wrong because of", "tokens reported (in, out)", "tokens logged (in, out)"],
    rows: (reported?.classes ?? []).map((each) => [
      each.deployment ?? "several",
      each.form,
      plain(each.source),
      count(each.compared),
      count(each.unreported),
      count(each.wrong),
      wrongBecause(each, titles),
      `${each.reported.inputTokens}, ${each.reported.outputTokens}`,
      `${each.logged.inputTokens}, ${each.logged.outputTokens}`,
    ]),
    notes: [],
  };
}

function wrongBecause({ wrong, faults }: ReportedUsage["classes"][number], titles: ReadonlyMap<string, string>): string {
  const own = wrong - faults.reduce((total, { requests }) => total + requests, 0);
  const parts = [...faults.map(({ fault, requests }) => `${titles.get(fault) ?? fault}: ${requests}`), ...(own === 0 ? [] : [`the system itself: ${own}`])];
  return parts.join(", ") || none;
}

/** What the system's errors said: the first body of each kind. */
export function errorAnswersTable({ errorAnswers = [] }: Verdict): ViewTable {
  return {
    name: "errorAnswers",
    title: "What the errors said",
    columns: ["status", "code", "requests", "body of the first"],
    rows: errorAnswers.map(({ status, errorCode, requests, body }) => [String(status), errorCode ?? none, count(requests), body.replaceAll(/\s+/g, " ")]),
    notes: ["Bodies are cut, and what looks like a key or a token is left out."],
  };
}

export function cellsTable({ cells }: Verdict): ViewTable {
  return {
    name: "cells",
    title: "Cells",
    columns: ["cell", "requests", "bad", "share", "silent"],
    rows: cells.map(({ cell, requests, bad, silent }) => [cell, count(requests), count(bad), shareOf(bad, requests), count(silent)]),
    notes: ["Requests of the exposure, by intended send: from the first fault on."],
  };
}

/** The cells that were hit beyond their SLO, the worst first. */
export function hitCellsTable({ measures }: Verdict): ViewTable {
  return {
    name: "hitCells",
    title: "Cells that were hit",
    columns: ["cell", "requests", "bad", "bad in the control", "detection", "recovery"],
    rows: (measures?.reach.cells.hit ?? []).map(({ cell, requests, bad, expectedBad, detectionMs, recoveryMs, recoveryWatched }) => [
      cell,
      count(requests),
      count(bad),
      count(expectedBad),
      detectionMs === null ? "no alarm" : ms(detectionMs),
      recoveryMs === null ? (recoveryWatched ? "not recovered" : "not watched") : ms(recoveryMs),
    ]),
    notes: ["Beyond its SLO: by an exact test of all its requests from the first fault on, those under way when it began included. What the control predicts is for as many requests."],
  };
}

export function booksTable(books: Books): ViewTable {
  const columns: readonly (readonly [string, number])[] = [
    ["offered", books.offered],
    ["sent", books.sent],
    ["dropped", books.dropped],
    ["joined", books.joined],
    ["reused", books.reused],
    ["error without attempt", books.errorWithoutAttempt],
    ["client aborts", books.clientAborts],
    ["unexplained", books.unexplained],
    ["orphan attempts", books.orphanAttempts],
  ];
  return {
    name: "books",
    title: "Books",
    columns: columns.map(([name]) => name),
    rows: [columns.map(([, requests]) => count(requests))],
    notes: books.balanced ? ["The books balance."] : books.problems.map((problem) => `The books do not balance: ${problem}.`),
  };
}

const wrongShownMax = 20;

export function wrongAnswersTable({ wrong }: Verdict): ViewTable {
  const hidden = wrong.length - wrongShownMax;
  return {
    name: "wrongAnswers",
    title: "Wrong answers",
    columns: ["request", "why"],
    rows: wrong.slice(0, wrongShownMax).map(({ requestId, why }) => [requestId, why]),
    notes: [...(hidden > 0 ? [`${hidden} more in \`verdict.json\`.`] : []), ...(wrong.some(({ why }) => why.includes("the response names model")) ? [aliasNote] : [])],
  };
}

/** Where a name belongs that an outside gateway gives a model. */
export const aliasNote = "A name that your own gateway gives a deployment's model belongs into `modelAliases` of its stack (docs/own-gateway.md).";

function plain(name: string): string {
  return name.replaceAll("_", " ");
}
