import type { LimitState } from "../core/limits/state.ts";
import type { GatewayState } from "../core/contracts.ts";
import type { ConfigState } from "./config-source.ts";

/**
 * What of `/admin/state` needs no key: whether deployments work, and which configuration runs. It names no tenant and
 * quotes no file. `isLocal`: the reader is on this machine, where it may take deployments out anyway. It also reads the
 * windows of requests and tokens, without their teams and without money.
 */
export function openState({ inFlight, breakers, package: name, limits = [] }: GatewayState, config: ConfigState | null, isLocal: boolean): object {
  return { inFlight, breakers, ...(name !== undefined && { package: name }), ...(config !== null && { config: withoutText(config) }), ...(isLocal && { limits: limits.flatMap(nameless) }) };
}

/** A problem of a file quotes the file. */
function withoutText({ refused, ...config }: ConfigState): object {
  return { ...config, isRefused: refused !== null };
}

function nameless({ team: _team, ...window }: LimitState): readonly object[] {
  return window.unit === "usd" ? [] : [window];
}
