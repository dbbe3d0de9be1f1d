import type { ResolvedConfig } from "../../gateway/config/resolve.ts";
import type { GatewayEvent } from "../../gateway/core/events.ts";
import type { VirtualClock } from "../../kernel/clock-virtual.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { WireRecord } from "../../kernel/records.ts";
import { componentOf, componentsOf, type Component, type Role } from "../../kernel/topology.ts";
import type { ConfigEdit } from "../../scenarios/faults/config-change.ts";
import type { WordBatching } from "../../simulators/core/contracts.ts";
import type { Stack } from "../../scenarios/stack-schema.ts";
import { resolvedControl } from "../plan/control-config.ts";
import { resolvedEdge } from "../plan/edge-config.ts";
import { corpusNamed } from "../plan/eval-gates.ts";
import { firstPackage, secretOf, simulatorKey } from "../plan/gateway-config.ts";
import { resolvedVault } from "../plan/vault-config.ts";
import { VirtualBypass } from "./bypass.ts";
import { VirtualComponent, type Program } from "./component.ts";
import { componentOrigin, linkOrigin, virtualConfig } from "./config.ts";
import { controlPushes } from "./control-pushes.ts";
import { controlProgram, type ControlProgram } from "./control.ts";
import type { VirtualDisk } from "./disk.ts";
import { edgeProgram } from "./edge.ts";
import { keepFirstPackage } from "./first-packages.ts";
import { gatewayProgram, type GatewayProgram } from "./gateway.ts";
import type { OnRequest } from "./listener.ts";
import { VirtualNetwork } from "./network.ts";
import type { VirtualProcess } from "./process.ts";
import { providerProgram } from "./provider.ts";
import { virtualRoles } from "./roles.ts";
import { vaultProgram, type VaultProgram } from "./vault.ts";
import type { VirtualParts } from "./world.ts";

export interface SystemOptions {
  readonly plan: Plan;
  readonly stack: Pick<Stack, "gateway" | "edge" | "control" | "vault" | "bootMs">;
  readonly clock: VirtualClock;
  readonly onWire: (record: WireRecord) => void;
  readonly onEvent: (event: GatewayEvent) => void;
  readonly onRequest: OnRequest;
  /** A planted leak has used up the memory of a gateway. */
  readonly onExhausted: (gateway: string) => void;
  /** Of the words of streams, given the gateways' configurations; undefined: each word is sent when it is due. */
  readonly batchingFor: (configs: readonly ResolvedConfig[]) => WordBatching | undefined;
}

/**
 * Every component of the plan that the virtual harness has, up, and the network between them. Throws LabError `refused`
 * for a gateway's config that cannot be run.
 */
export function buildSystem({ plan, stack, clock, onWire, onEvent, onRequest, onExhausted, batchingFor }: SystemOptions): VirtualParts & { readonly network: VirtualNetwork } {
  const network = new VirtualNetwork({ clock, seed: plan.seed, onRequest });
  const links = new Map(plan.links.map(({ id, to }) => [id, network.link({ id, origin: linkOrigin(id), upstream: componentOrigin(to) })]));
  const run = <P extends Program>(role: Role, load: (component: Component) => (process: VirtualProcess, life: number) => P) =>
    new Map(
      componentsOf(plan, role).map((component) => {
        const { id } = component;
        return [id, new VirtualComponent({ id, origin: componentOrigin(id), clock, network, bootMs: stack.bootMs, load: load(component) })];
      }),
    );
  const epochMs = clock.wallMs();
  /** The files that gateways read when they start. */
  const files = new Map<string, ResolvedConfig>();
  const replaceFile = (id: string, edit: ConfigEdit | null) => void files.set(id, virtualConfig({ plan, component: componentOf(plan, id), settings: stack.gateway, epochMs, edit }));
  for (const { id } of componentsOf(plan, "gateway")) replaceFile(id, null);
  const batching = batchingFor([...files.values()]);
  const providers = run("provider", (component) => (process) => providerProgram(process, { plan, component, emit: onWire, batching }));
  const others = Object.entries(virtualRoles).flatMap(([role, program]) => (typeof program === "string" ? [] : [...run(role as Role, () => program)]));
  const disks = new Map<string, VirtualDisk>(plan.components.map(({ id }) => [id, new Map()]));
  const diskOf = (id: string) => disks.get(id)!;
  const vaults = run<VaultProgram>("vault", (component) => {
    const disk = diskOf(component.id);
    const file = resolvedVault({ component, vault: stack.vault!, disk: component.id });
    return (process, life) => vaultProgram(process, { id: component.id, life, seed: plan.seed, file, disk });
  });
  for (const { program } of vaults.values()) for (const { name } of plan.deployments) program!.vault.put({ name: secretOf(name), value: simulatorKey, who: "operator:lab" });
  const corpusOf = (prompt: string) => corpusNamed(plan, prompt);
  const controls = run<ControlProgram>("control", (component) => {
    const disk = diskOf(component.id);
    const file = resolvedControl({ plan, component, control: stack.control!, linkOrigin, disk: component.id });
    keepFirstPackage({ plan, component, file, settings: stack.gateway, clock, diskOf });
    return (process, life) => controlProgram(process, { id: component.id, life, seed: plan.seed, file, network, disk, corpusOf });
  });
  const gateways = run<GatewayProgram>("gateway", (component) => {
    const emit = (event: GatewayEvent) => {
      onEvent(event);
      if (event.type === "memory_exhausted") onExhausted(component.id);
    };
    return (process, life) => gatewayProgram(process, { id: component.id, life, seed: plan.seed, config: files.get(component.id)!, network, disk: diskOf(component.id), emit });
  });
  const edges = run("edge", (component) => {
    const config = resolvedEdge({ plan, component, edge: stack.edge!, linkOrigin });
    return (process, life) => edgeProgram(process, { id: component.id, life, seed: plan.seed, config, network });
  });
  const pushes = new Map([...controls].map(([id, control]) => [id, controlPushes(control, firstPackage(plan, componentOf(plan, id), stack.gateway))]));
  const bypass = new VirtualBypass({ plan, clock, network, bootMs: stack.bootMs });
  return { network, bypass, links, gateways, vaults, controls, pushes, replaceFile, components: new Map<string, VirtualComponent>([...providers, ...others, ...vaults, ...controls, ...gateways, ...edges]) };
}
