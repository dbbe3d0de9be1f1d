import { attributionSentences } from "../measure/attribution.ts";
import { expectedValue } from "../measure/expectations.ts";
import type { Attribution, GatewayCounts, Books, Verdict } from "../../kernel/verdict.ts";
import { count, measured, measureTitle, ms, none, shareOf } from "../measure/quantity.ts";
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
  const counted = (value: number | null) => (value === null ? "unreadable" : count(value));
  return {
    name: "gatewayCounts",
    title: "What the gateway counted",
    columns: ["over the exposure", "gateway counted", "observed"],
    rows:
      counts === null
        ? []
        : [
            ["requests", counted(counts.requests), count(counts.observedRequests)],
            ["failed or bad", counted(counts.failures), count(counts.observedBad)],
            ["attempts", counted(counts.attempts), count(counts.observedAttempts)],
          ],
    notes: counts === null ? [] : counts.findings.length === 0 ? ["The two agree."] : counts.findings,
  };
}

export function cellsTable({ cells }: Verdict): ViewTable {
  return {
    name: "cells",
    title: "Cells",
    columns: ["cell", "requests", "bad", "share", "silent"],
    rows: cells.map(({ cell, requests, bad, silent }) => [cell, count(requests), count(bad), shareOf(bad, requests), count(silent)]),
    notes: [],
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
    notes: hidden > 0 ? [`${hidden} more in \`verdict.json\`.`] : [],
  };
}

function plain(name: string): string {
  return name.replaceAll("_", " ");
}
