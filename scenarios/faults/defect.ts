import { z } from "zod";
import type { FaultSignature } from "../../kernel/fault.ts";
import { checkSpan, notApplicable, plannerOf, spanFields, spanOf } from "./fault-planner.ts";
import { componentsAt, siteSchema, siteText } from "./sites.ts";

/** A defect as a running gateway is given it. */
export interface DefectSettings {
  readonly kind: "corrupt" | "leak" | "slow" | "mix_up" | "drop_telemetry" | "fail" | "flap" | "exhaust" | "drift";
  readonly share: number;
  readonly teams?: readonly string[];
  readonly features?: readonly string[];
  readonly delayMs?: number;
  readonly periodMs?: number;
  readonly requests?: number;
}

const schema = z
  .strictObject({
    kind: z.literal("defect"),
    defect: z
      .enum(["corrupt", "leak", "slow", "mix_up", "drop_telemetry", "fail", "flap", "exhaust", "drift"])
      .describe("corrupt: a word altered; leak: another team's answer; mix_up: two requests get each other's answers; slow: delayMs before anything; drop_telemetry: not counted; fail: 500; flap: its readiness check fails and passes in turn, periodMs each, and it serves all the same; exhaust: memory is kept of each request that no cache answered, after `requests` of them the process dies, and a supervisor starts it again; drift: the content of its streams goes by another name"),
    target: siteSchema.prefault({ role: "gateway" }).describe("Which gateway"),
    share: z.number().min(0).max(1).default(1).describe("Of the requests"),
    teams: z.array(z.string().min(1)).min(1).optional().describe("Only of these teams"),
    features: z.array(z.string().min(1)).min(1).optional().describe("Only of these features"),
    delayMs: z.int().min(1).optional().describe("Of slow"),
    periodMs: z.int().min(1).optional().describe("Of flap"),
    requests: z.int().min(1).optional().describe("Of exhaust: how many requests to providers the process has memory for"),
    ...spanFields,
  })
  .superRefine((fault, context) => {
    checkSpan(fault, context);
    if ((fault.defect === "slow") !== (fault.delayMs !== undefined)) context.addIssue({ code: "custom", path: ["delayMs"], message: "slow has delayMs, and no other defect has" });
    if ((fault.defect === "flap") !== (fault.periodMs !== undefined)) context.addIssue({ code: "custom", path: ["periodMs"], message: "flap has periodMs, and no other defect has" });
    if ((fault.defect === "exhaust") !== (fault.requests !== undefined)) context.addIssue({ code: "custom", path: ["requests"], message: "exhaust has requests, and no other defect has" });
  }).describe("A defect planted in a running gateway: mostly 200 OK, and wrong");

const titles: Record<DefectSettings["kind"], string> = {
  corrupt: "alters a word of answers",
  leak: "gives answers of other teams",
  slow: "delays requests",
  mix_up: "gives users each other's answers",
  drop_telemetry: "does not count requests",
  fail: "fails requests",
  flap: "is ready and not ready in turn",
  exhaust: "leaks memory with each request that no cache answers, dies of it, and is started again",
  drift: "gives a field of its streams another name",
};

const signatures: Record<DefectSettings["kind"], Partial<FaultSignature>> = {
  corrupt: { causes: ["wrong"], wrong: ["foreign_word", "no_mark", "mixed_marks", "lost", "doubled", "wrong_provider", "wrong_model", "transformed", "other_intent", "foreign_answer"] },
  leak: { causes: ["wrong"], wrong: ["cross_tenant", "other_intent", "foreign_answer", "wrong_provider"] },
  slow: { causes: ["late", "error", "truncated"] },
  mix_up: { causes: ["wrong", "late"], wrong: ["cross_tenant", "other_intent", "foreign_answer", "wrong_provider", "mixed_marks"] },
  drop_telemetry: {},
  fail: { causes: ["error"], statuses: [500] },
  flap: {},
  exhaust: { ends: ["refused", "reset", "closed_early", "connect_timeout", "timeout"], causes: ["error", "truncated", "late"], statuses: [502, 503, 504], unlogged: true },
  drift: { ends: ["complete"], causes: ["truncated"] },
};

/** A defect planted in the gateway: it answers 200, and is wrong. */
export const defect = plannerOf(schema, (fault, context) => {
  const { share, teams, features, delayMs, periodMs, requests } = fault;
  if (fault.defect === "flap" && !context.topology.components.some(({ role }) => role === "edge")) throw notApplicable("defect flap", "it has no edge, so that nobody asks whether a gateway is ready");
  const who = siteText(fault.target).replace(/^t/, "T");
  const some = share < 1 ? ` (${Number((share * 100).toFixed(2))} % of requests)` : "";
  return [
    {
      name: fault.defect.replace("_", "-"),
      title: `${who} ${titles[fault.defect]}${some}`,
      span: spanOf(fault, context),
      // Its process ends and starts by itself: no other fault may do the same to it meanwhile.
      ...(fault.defect === "exhaust" && { exclusive: { afterMs: context.bootMs } }),
      target: { components: componentsAt(fault.target, `defect ${fault.defect}`, context).map(({ id }) => id), links: [] },
      reaches: (cell) => (teams?.includes(cell.team) ?? true) && (features?.includes(cell.feature) ?? true),
      signature: signatures[fault.defect],
      settings: { kind: fault.defect, share, ...(teams && { teams }), ...(features && { features }), ...(delayMs !== undefined && { delayMs }), ...(periodMs !== undefined && { periodMs }), ...(requests !== undefined && { requests }) } satisfies DefectSettings,
    },
  ];
});
