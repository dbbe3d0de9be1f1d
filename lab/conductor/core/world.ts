import type { BreakGlassWindow } from "../../../kernel/action.ts";
import type { ToxicSettings } from "../../../scenarios/faults/toxic.ts";
import type { ConfigEdit } from "../../../scenarios/faults/config-change.ts";
import type { DefectSettings } from "../../../scenarios/faults/defect.ts";
import type { DnsSettings } from "../../../scenarios/faults/dns.ts";

/**
 * What a conductor moves, in both harnesses: real processes and proxies through the warden, or the parts of the virtual
 * harness. Every operation resolves when it is in effect, and rejects with LabError when it cannot be. Components and
 * links are ids of the plan. What an operation leaves behind is undone by the world itself should the conductor die.
 */
export interface World {
  /** Ends the process at once, without a chance to close anything; its memory is lost, its files stay. */
  kill(component: string): Promise<void>;
  /** Starts it again, with the configuration and the address that it had. Resolves when it serves. */
  start(component: string, options?: StartOptions): Promise<void>;
  /** Ends the process in good order: it may finish what is under way. */
  stop(component: string): Promise<void>;
  /** SIGSTOP: it stays, and does nothing. */
  pause(component: string): Promise<void>;
  /** SIGCONT. */
  resume(component: string): Promise<void>;
  link(id: string): LinkControl;
  /** Plants a defect in a gateway while it runs. */
  applyDefect(component: string, id: string, defect: DefectSettings): Promise<void>;
  removeDefect(component: string, id: string): Promise<void>;
  /** Empties the answer cache. */
  flushCache(component: string): Promise<void>;
  /**
   * Leads the clients of a team to its providers, past every gateway, as an operator does: resolves when they may go
   * there.
   */
  openBypass(team: string, window?: BreakGlassWindow): Promise<void>;
  /** Leads them back to the gateways. */
  closeBypass(team: string): Promise<void>;
  /** An operator seals a vault: it forgets the key over its secrets, and a restart does not open it. */
  seal(vault: string): Promise<void>;
  unseal(vault: string): Promise<void>;
  /** Has `listener` called with each component that has started, before `start` resolves. */
  onStart(listener: (component: string) => Promise<void>): void;
  /**
   * Pushes a changed configuration to a control plane, as its operator; a gateway gets it as its file, and is started
   * again. Resolves when it is answered, with a refusal too, and when the gateway serves, or does not start.
   */
  push(component: string, push: ConfigPush): Promise<void>;
  /**
   * Takes the last push back: whatever is on its way or active by it is rolled back, or the gateway gets its file of
   * before and is started again.
   */
  takeBack(component: string): Promise<void>;
  /** Sets the component's wall clock this much ahead of the true time; 0 sets it right. */
  skewClock(component: string, offsetMs: number): Promise<void>;
}

export interface StartOptions {
  /** The heap that the process may use. */
  readonly memoryMb?: number;
}

/** A changed configuration, as an operator pushes it. */
export interface ConfigPush extends ConfigEdit {
  readonly force: boolean;
}

/** A link between two components. */
export interface LinkControl {
  addToxic(id: string, toxic: ToxicSettings): Promise<void>;
  removeToxic(id: string): Promise<void>;
  /** Off: connections are refused, and those that are open closed. */
  setEnabled(enabled: boolean): Promise<void>;
  /** What looking up the far end's name gives; null: its address. */
  setResolver(answer: DnsSettings["answer"] | null): Promise<void>;
}
