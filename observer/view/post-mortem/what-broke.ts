import type { Fault } from "../../../kernel/fault.ts";
import { shortPackage } from "../outcome-tables.ts";
import { count, moment } from "../../measure/quantity.ts";
import type { Finding } from "../run-view.ts";
import { finding, inWords, type Case } from "./finding.ts";

/** Every fault with where it acted and when it was in force by the records, and what ended by itself. */
export function whatBroke({ plan, verdict, evidence }: Case): readonly Finding[] {
  const exits = verdict.componentExits.map(({ component, how, atMs }) => finding(null, `${component} ended by itself (${how}), at `, moment(atMs), "."));
  if (plan.faults.length === 0) return [finding(null, "Nothing was broken on purpose."), ...exits];
  return [...plan.faults.map((fault) => faultFinding(fault, evidence)), ...exits, ...pushFindings({ plan, verdict })];
}

function faultFinding(fault: Fault, evidence: Case["evidence"]): Finding {
  const { id, title, target, always } = fault;
  const sites = inWords([...target.components, ...target.links.map((link) => `the link ${link}`)]);
  const begin = `${title}${sites === "" ? "" : ` (at ${sites})`}`;
  if (always) return finding("faults", `${begin}, for the whole run.`);
  const at = (action: "injected" | "lifted") => evidence?.records.faults.find((record) => record.fault === id && record.action === action)?.atMs;
  const injectedMs = at("injected");
  const liftedMs = at("lifted");
  if (injectedMs === undefined) return finding("faults", `${begin}: no record shows that it was injected.`);
  if (liftedMs === undefined) return finding("faults", `${begin}, from `, moment(injectedMs), " on; no record shows that it was lifted.");
  if (liftedMs === injectedMs) return finding("faults", `${begin}, at `, moment(injectedMs), ".");
  return finding("faults", `${begin}, from `, moment(injectedMs), " to ", moment(liftedMs), " of the run.");
}

function pushFindings({ verdict }: Pick<Case, "plan" | "verdict">): readonly Finding[] {
  return (verdict.measures?.packages?.pushed ?? []).map(({ packages, requests, demand }) =>
    packages.length === 0
      ? finding("packages", "No answer names the configuration package that was pushed.")
      : finding("packages", `The pushed configuration package ${inWords(packages.map(shortPackage))} answered `, count(requests), " of ", count(demand), " requests that were offered meanwhile."),
  );
}
