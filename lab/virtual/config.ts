import type { ResolvedConfig } from "../../gateway/config/resolve.ts";
import { LabError } from "../../kernel/errors.ts";
import { changedFile, type ConfigEdit } from "../../scenarios/faults/config-change.ts";
import { gatewayInput, resolvedGateway, type GatewayInputOptions } from "../plan/gateway-config.ts";

/** Where a component serves on the virtual network. */
export const componentOrigin = (component: string) => `http://${component}`;

/** Where the near end of a link is on the virtual network. */
export const linkOrigin = (link: string) => `http://${link.replace("~", ".to.")}`;

export type VirtualConfigOptions = Omit<GatewayInputOptions, "linkOrigin" | "disk"> & {
  /** What was pushed into its file; null: nothing. */
  readonly edit?: ConfigEdit | null;
};

/**
 * The configuration that the virtual gateway runs: the live adapter's input, through the process' own loader.
 * `epochMs`: Unix ms at which the virtual clock's `nowMs` is zero. Throws LabError `refused` for a config that the
 * process would refuse, and for one that needs a server that only exists live.
 */
export function virtualConfig({ plan, component, settings, epochMs, edit = null }: VirtualConfigOptions): ResolvedConfig {
  const input = gatewayInput({ plan, component, settings, linkOrigin, epochMs, disk: component.id });
  const resolved = resolvedGateway(edit === null ? input : changedFile(input, edit));
  const missing = serversNeeded(resolved, plan.links.map(({ id }) => linkOrigin(id)));
  if (missing.length === 0) return resolved;
  throw new LabError({ exit: "refused", code: "virtual_unsupported", message: missing.join("\n"), hint: "leave out --virtual, or run with the embedded default" });
}

/** Servers named by the config that the virtual network does not have, with the reason why each is needed. */
function serversNeeded({ gateway: { cache, guards }, store }: ResolvedConfig, links: readonly string[]): string[] {
  const embedder = cache?.semantic?.embedder;
  const inspector = guards?.injection?.inspector;
  const hasStore = store.kind === "memory" || links.includes(store.url.replace(/^redis/, "http"));
  return [
    ...(hasStore ? [] : [`gateway.store.kind: the virtual network has no Redis at ${store.url}; "memory" is supported, and a stack's own \`store: redis\``]),
    ...(embedder?.kind === "openai" ? [`gateway.cache.semantic.embedder.kind: the virtual network has no embedding server at ${embedder.baseUrl}; "lexical" is supported`] : []),
    ...(inspector?.kind === "http" ? [`gateway.guards.injection.inspector.kind: the virtual network has no inspector at ${inspector.url}; "heuristic" is supported`] : []),
  ];
}
