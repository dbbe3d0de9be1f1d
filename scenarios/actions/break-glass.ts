import { z } from "zod";
import type { BreakGlassSettings } from "../../kernel/action.ts";
import { momentFields } from "../faults/fault-planner.ts";
import type { ActionContext, ActionDraft, ActionPlanner } from "./action-planner.ts";

const schema = z
  .strictObject({
    kind: z.literal("break_glass"),
    turn: z.enum(["on", "off"]).describe("on: the team's clients go to its providers directly; off: to the gateways again"),
    team: z.string().min(1).describe("Whose clients"),
    ...momentFields,
  })
  .describe("The operator leads a team's clients past every gateway, by one command (docs/break-glass.md), or ends that");

/** Formats of the lab's clients: the shim translates nothing. */
const spoken = ["openai", "openai_compatible"];

export const breakGlass: ActionPlanner<typeof schema> = {
  schema,
  plan({ turn, team }, context): ActionDraft<BreakGlassSettings> {
    const routes = [...new Set(context.cells.filter((cell) => cell.team === team).map(({ route }) => route))];
    const served = routes.map((route) => [route, directOf(route, context)] as const);
    const missing = served.find(([, deployment]) => deployment === null);
    const title = `Break-glass ${turn} for team ${team}`;
    const lacking = context.bypass ? (missing === undefined ? null : `no provider of route ${missing[0]} speaks the clients' format`) : "the stack has no bypass";
    const settings = { turn, team, routes: Object.fromEntries(served.flatMap(([route, deployment]) => (deployment === null ? [] : [[route, deployment]]))) };
    return { name: `break-glass-${turn}-${team}`, title, lacking, settings };
  },
};

/**
 * The first deployment of a route that a client can call as it is; null: none. Of one that runs already the lab has no
 * credential.
 */
function directOf(route: string, { routes, deployments }: ActionContext): string | null {
  const preferred = routes.find(({ name }) => name === route)?.deployments ?? [];
  return preferred.find((name) => deployments.some((deployment) => deployment.name === name && deployment.url === undefined && spoken.includes(deployment.dialect))) ?? null;
}
