import type { CanaryRecord, WireRecord } from "../../kernel/records.ts";
import type { Plan } from "../../kernel/plan.ts";
import { isFailedAttempt } from "../measure/live-view.ts";
import { count, none, shareOf } from "../measure/quantity.ts";
import type { ViewTable } from "./run-view.ts";

/** The tables that need the records themselves. */

/** What each provider logged over the whole run. */
export function deploymentsTable(plan: Plan, wire: readonly WireRecord[]): ViewTable {
  return {
    name: "deployments",
    title: "Deployments",
    columns: ["deployment", "provider", "model", "attempts", "failed", "share", "tokens generated", "tokens sent"],
    rows: plan.deployments.map(({ name, provider, model }) => {
      const own = wire.filter(({ deployment }) => deployment === name);
      const failed = own.filter(isFailedAttempt).length;
      const total = (tokens: (attempt: WireRecord) => number) => own.reduce((sum, attempt) => sum + tokens(attempt), 0);
      return [name, provider, model, count(own.length), count(failed), shareOf(failed, own.length), count(total(({ tokensGenerated }) => tokensGenerated)), count(total(({ tokensSent }) => tokensSent))];
    }),
    notes: [],
  };
}

/** The observer's own probes, by route. */
export function probesTable(plan: Plan, canary: readonly CanaryRecord[]): ViewTable {
  return {
    name: "probes",
    title: "The observer's own probes",
    columns: ["route", "probes", "failed", "how"],
    rows: plan.routes.flatMap(({ name }) => {
      const own = canary.filter(({ route }) => route === name);
      const failed = own.filter(({ ok }) => !ok);
      const kinds = [...new Set(failed.map(({ failure, detail }) => (failure ?? detail).replaceAll("_", " ")))].join(", ");
      return own.length === 0 ? [] : [[name, count(own.length), count(failed.length), kinds === "" ? none : kinds]];
    }),
    notes: [],
  };
}
