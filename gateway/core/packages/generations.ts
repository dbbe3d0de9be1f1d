import { AnswerCache } from "../cache/answer-cache.ts";
import type { Handle } from "../call.ts";
import type { GatewayConfig } from "../config.ts";
import type { GatewaySeams } from "../contracts.ts";
import type { GatewayEvent } from "../events.ts";
import { pipeline, type PipelineParts, warmUpPipeline } from "../pipeline.ts";
import { PolicyHost } from "../policy-host.ts";
import { redefinedDeployments } from "../policies/redefined-deployments.ts";
import { type LoadedPackage, packageName, type RunningPackages } from "./running.ts";

/** What all configurations of a process share: a team's budget is one, whichever configuration serves it. */
export type SharedParts = Omit<PipelineParts, "policyHost" | "answers">;

/**
 * A configuration with everything that was learned under it: breakers, health and cached answers. Requests in flight
 * hold it, so that they finish on what they began with; it is freed after the last of them.
 */
export class Generation {
  readonly #parts: SharedParts;
  /** `version@hash`; null: the configuration of the gateway's own file. */
  readonly name: string | null;
  readonly policyHost: PolicyHost;
  readonly answers: AnswerCache;
  #config: GatewayConfig;
  #handle: Handle | null = null;
  #warmUpHandle: Handle | null = null;

  constructor({ id, config }: LoadedPackage, parts: SharedParts) {
    this.#parts = parts;
    this.#config = config;
    this.name = id === null ? null : packageName(id);
    const label = this.name === null ? "policy" : `policy/${this.name}`;
    this.policyHost = new PolicyHost({ clock: parts.clock, events: this.#named(parts.events), rng: parts.rng.fork(label) }, config.policy);
    this.answers = new AnswerCache(parts);
  }

  get config(): GatewayConfig {
    return this.#config;
  }

  /** The pipeline of its configuration, built when it is first asked for. */
  get handle(): Handle {
    return (this.#handle ??= pipeline(this.#config, this.#ownParts));
  }

  /** For the questions that warm its cache. */
  get warmUpHandle(): Handle {
    return (this.#warmUpHandle ??= warmUpPipeline(this.#config, this.#ownParts));
  }

  get #ownParts(): PipelineParts {
    return { ...this.#parts, policyHost: this.policyHost, answers: this.answers };
  }

  /** The gateway's own file has changed: what was learned stays, but for deployments that are others now. */
  reload(config: GatewayConfig): void {
    this.policyHost.forgetDeployments(redefinedDeployments(this.#config.deployments, config.deployments));
    if ((config.cache ?? null) === null) this.answers.switchOff();
    this.#config = config;
    this.#handle = null;
    this.#warmUpHandle = null;
  }

  #named(events: GatewaySeams["events"]): GatewaySeams["events"] {
    const { name } = this;
    return name === null ? events : { emit: (event: GatewayEvent) => events.emit(event.type === "state_changed" ? { ...event, package: name } : event) };
  }
}

const keyOf = ({ id }: LoadedPackage) => id?.hash ?? "";

/** The configurations that a process runs, by hash. One that is promoted keeps what was learned as a candidate. */
export class Generations {
  readonly #parts: SharedParts;
  /** Deployments that an operator took out, under every configuration. */
  readonly #isolated = new Set<string>();
  #byKey: ReadonlyMap<string, Generation> = new Map();
  #running: RunningPackages;

  constructor(running: RunningPackages, parts: SharedParts) {
    this.#parts = parts;
    this.#running = running;
    this.run(running);
  }

  get running(): RunningPackages {
    return this.#running;
  }

  get current(): Generation {
    return this.of(this.#running.current);
  }

  get all(): readonly Generation[] {
    return [...this.#byKey.values()];
  }

  of(loaded: LoadedPackage): Generation {
    return this.#byKey.get(keyOf(loaded))!;
  }

  /** From now on requests begin on these. All others are dropped. */
  run(running: RunningPackages): void {
    const { current, candidate } = running;
    const wanted = candidate === null ? [current] : [current, candidate.package];
    this.#byKey = new Map(wanted.map((loaded) => [keyOf(loaded), this.#kept(loaded)]));
    this.#running = running;
  }

  /** Builds what a configuration needs and drops it again. Throws what running it would throw. */
  rehearse(loaded: LoadedPackage): void {
    void new Generation(loaded, this.#parts).handle;
  }

  /** Returns whether that changed anything. */
  setIsolated(deployment: string, isIsolated: boolean): boolean {
    if (this.#isolated.has(deployment) === isIsolated) return false;
    if (isIsolated) this.#isolated.add(deployment);
    else this.#isolated.delete(deployment);
    for (const { policyHost } of this.all) policyHost.setIsolated(deployment, isIsolated);
    return true;
  }

  #kept(loaded: LoadedPackage): Generation {
    const known = this.#byKey.get(keyOf(loaded));
    if (known === undefined) return this.#created(loaded);
    if (known.config !== loaded.config) known.reload(loaded.config);
    return known;
  }

  #created(loaded: LoadedPackage): Generation {
    const created = new Generation(loaded, this.#parts);
    for (const deployment of this.#isolated) created.policyHost.setIsolated(deployment, true);
    return created;
  }
}
