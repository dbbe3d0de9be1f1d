import { forwardOf, type ShimView } from "../../bypass/core/shim.ts";
import type { BreakGlassSettings } from "../../kernel/action.ts";
import { handBackMs, targetLookMs } from "../../kernel/bypass.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Plan } from "../../kernel/plan.ts";
import { bodyOf, TransportError, type Handler, type Transport } from "../../kernel/transport.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { componentOrigin } from "./config.ts";
import { virtualKeys } from "../plan/gateway-config.ts";
import { providerOf } from "../plan/providers.ts";
import type { VirtualListener } from "./listener.ts";
import type { VirtualNetwork } from "./network.ts";
import { VirtualProcess } from "./process.ts";

export interface BypassOptions {
  readonly plan: Plan;
  readonly clock: Clock;
  readonly network: VirtualNetwork;
  /** From the operator's command until the shim serves. */
  readonly bootMs: number;
}

const credential = "virtual-key";
const windowMs = 4 * 3_600_000;

/** Break-glass in virtual time: the shim's core in a process of its own for each team that is led past the gateways. */
export class VirtualBypass {
  readonly #options: BypassOptions;
  readonly #shims = new Map<string, VirtualListener>();
  /** What the clients read when they last looked. */
  readonly #targets = new Map<string, string>();

  constructor(options: BypassOptions) {
    this.#options = options;
  }

  /** The base URL of a team that goes past the gateways now. */
  readonly targetOf = (team: string): string | undefined => this.#targets.get(team);

  async open(team: string): Promise<void> {
    const { clock, network, bootMs } = this.#options;
    await clock.sleep(bootMs);
    const origin = `http://bypass-${team}`;
    const process = new VirtualProcess(clock);
    this.#shims.set(team, network.serve(origin, this.#shim(team, network.transport({ process })), process));
    this.#atNextLook(() => this.#targets.set(team, origin));
  }

  async close(team: string): Promise<void> {
    const shim = this.#shims.get(team);
    if (shim === undefined) throw new Error(`Team "${team}" has no open window`);
    const { clock } = this.#options;
    this.#atNextLook(() => this.#targets.delete(team));
    clock.at(clock.nowMs() + handBackMs, () => void shim.close());
  }

  #atNextLook(change: () => void): void {
    const { clock } = this.#options;
    clock.at((Math.floor(clock.nowMs() / targetLookMs) + 1) * targetLookMs, change);
  }

  #shim(team: string, transport: Transport): Handler {
    const { plan, clock } = this.#options;
    const view = viewOf(plan, team, clock.wallMs());
    return async ({ method, path, headers, body }, client) => {
      const decision = forwardOf({ method, path, headers: { ...headers, host: "127.0.0.1" }, body: utf8Text(body) }, { ...view, nowMs: clock.wallMs() });
      if ("code" in decision) return errorAnswer(decision.status, decision);
      const { url, target } = decision;
      try {
        const answer = await transport.open({ method: "POST", url, headers: decision.headers, body: utf8Bytes(decision.body) }, client);
        return { ...answer, headers: { ...answer.headers, "x-blastlab-bypass": target.provider } };
      } catch (error) {
        if (!(error instanceof TransportError) || client.aborted) throw error;
        return errorAnswer(502, { code: "provider_unreachable", message: `Provider "${target.provider}" cannot be reached` });
      }
    };
  }
}

const errorAnswer = (status: number, { code, message }: { code: string; message: string }) => ({ status, headers: { "content-type": "application/json" }, body: bodyOf(utf8Bytes(JSON.stringify({ error: { code, message } }))) });

/** What the shim of a team goes by. Nothing is hashed here, so that a key's digest is the key. */
function viewOf(plan: Plan, team: string, nowMs: number): Omit<ShimView, "nowMs"> {
  const { routes } = plan.actions!.map(({ settings }) => settings as BreakGlassSettings).find((settings) => settings.team === team)!;
  const directs = Object.entries(routes).map(([route, name]) => {
    const { provider, model } = plan.deployments.find((deployment) => deployment.name === name)!;
    return [route, { provider, url: `${componentOrigin(providerOf(plan, name))}/v1`, model, credential, header: "authorization" as const }] as const;
  });
  const keys = Object.entries(virtualKeys(plan)).filter(([owner]) => owner.startsWith(`${team}/`)).map(([, key]) => key);
  return {
    claims: { team, providers: [...new Set(directs.map(([, { provider }]) => provider))], issuedAtMs: nowMs, notAfterMs: nowMs + windowMs, reason: "a step of the scenario", operator: "lab", installation: "virtual" },
    team: { clientKeys: keys, port: 0, routes: Object.fromEntries(directs) },
    credentials: { [credential]: credential },
    digest: (text) => text,
  };
}
