import { controlRequestPrefix } from "../../kernel/control-requests.ts";
import type { Plan } from "../../kernel/plan.ts";

/** Whether a control plane of this plan asked it: such a request is no client's, and was asked before the run as well, for the first package of each region. */
export function controlRequestsOf({ components }: Plan): (requestId: string) => boolean {
  const asksItself = components.some(({ role }) => role === "control");
  return (requestId) => asksItself && requestId.startsWith(controlRequestPrefix);
}
