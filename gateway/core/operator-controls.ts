import type { Gateway } from "./contracts.ts";
import type { GatewayParts } from "./shared-parts.ts";

type OperatorControls = Pick<Gateway, "applyDefect" | "liftDefect" | "isolate" | "release" | "flushCache">;

/** What operators, and faults, change in a process that runs. */
export function operatorControls({ clock, requestEvents: events, activeDefects, generations }: GatewayParts): OperatorControls {
  const setIsolated = (deployment: string, isIsolated: boolean) => {
    const isChanged = generations.setIsolated(deployment, isIsolated);
    if (isChanged) events.emit({ type: "isolation_changed", deployment, isIsolated, atMs: clock.nowMs() });
    return isChanged;
  };
  return {
    applyDefect: (id, defect) => {
      if (generations.current.config.hardened) return false;
      activeDefects.apply(id, defect);
      return true;
    },
    liftDefect: (id) => activeDefects.lift(id),
    isolate: (deployment) => {
      if (!generations.all.some(({ config }) => config.deployments.some(({ name }) => name === deployment))) return false;
      setIsolated(deployment, true);
      return true;
    },
    release: (deployment) => setIsolated(deployment, false),
    flushCache: () => {
      if (generations.current.config.cache?.backend === "store") return false;
      for (const { answers } of generations.all) answers.flush();
      return true;
    },
  };
}
