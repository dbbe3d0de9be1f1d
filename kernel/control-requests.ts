/**
 * Request ids of a control plane's own questions begin with this: they are in the providers' logs and in no client's
 * records.
 */
export const controlRequestPrefix = "control-plane-";

/** Those of a gateway that warms its cache begin with this. */
export const warmUpRequestPrefix = "warm-up-";

/** Its answer may be given to the clients of this team alone. */
export function warmUpRequestId(team: string, id: string): string {
  return `${warmUpRequestPrefix}${id}-${encodeURIComponent(team)}`;
}

/** Null: it is no such id. */
export function warmUpTeamOf(requestId: string): string | null {
  const [, team] = /^warm-up-[0-9a-f]+-(.*)$/.exec(requestId) ?? [];
  return team === undefined ? null : decodeURIComponent(team);
}
