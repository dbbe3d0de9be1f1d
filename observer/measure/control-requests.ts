import { controlRequestPrefix, warmUpRequestPrefix } from "../../kernel/control-requests.ts";
import type { Plan } from "../../kernel/plan.ts";

/**
 * Whether a part of the system asked it of its own accord: such a request is no client's. A control plane asks before
 * the run as well, for the first package of each region. A gateway warms its cache only where a vault seals what it
 * keeps.
 */
export function ownRequestsOf({ components }: Plan): (requestId: string) => boolean {
  const prefixes = [...prefixOf("control", controlRequestPrefix), ...prefixOf("vault", warmUpRequestPrefix)];
  return (requestId) => prefixes.some((prefix) => requestId.startsWith(prefix));

  function prefixOf(needed: string, prefix: string): readonly string[] {
    return components.some(({ role }) => role === needed) ? [prefix] : [];
  }
}
