import { warmUpRequestId } from "../../../../kernel/control-requests.ts";
import type { Clock, EventSink, Rng } from "../../../../kernel/seams.ts";
import { Canceller, Cancelled } from "../../../../kernel/signal.ts";
import { utf8Bytes, utf8Text } from "../../../../kernel/utf8.ts";
import { AttemptFailure } from "../../attempt-failure.ts";
import { Call, type Handle, type Reply } from "../../call.ts";
import type { GatewayConfig } from "../../config.ts";
import type { ClientDialect } from "../../contracts.ts";
import { endpointPath } from "../../endpoint-path.ts";
import type { GatewayEvent } from "../../events.ts";
import { drawHex } from "../../identifiers.ts";
import type { PolicyHost } from "../../policy-host.ts";
import { type CacheKey, keyDigest } from "../key.ts";
import { Popularity, type PopularityDisk, type PopularRequest } from "./popularity.ts";
import { WarmUp, type WarmUpResult } from "./warm-up.ts";

/** What the process runs at this moment. */
interface Running {
  readonly config: GatewayConfig;
  /** The stages that a question of the warm-up passes. */
  readonly warmUpHandle: Handle;
  readonly name: string | null;
  readonly policyHost: Pick<PolicyHost, "hasAmpleRoom">;
}

interface WarmUpHostSeams {
  readonly clock: Clock;
  readonly ids: Rng;
  readonly events: EventSink<GatewayEvent>;
  readonly disk: PopularityDisk;
  readonly running: () => Running;
  readonly dialectAt: (path: string) => ClientDialect;
}

const saveMs = 10_000;

/** Records what is popular, keeps it on disk, and warms the cache with it when the process starts. */
export class WarmUpHost {
  readonly #seams: WarmUpHostSeams;
  readonly #popularity = new Popularity();
  readonly #own = new WeakSet<Call>();
  readonly #ending = new Canceller();
  #warmUp: WarmUp | null = null;
  #isSavePending = false;

  constructor(seams: WarmUpHostSeams) {
    this.#seams = seams;
  }

  /** What earlier processes kept is asked, if the cache of the configuration is to be warmed. */
  start(): void {
    const { clock, disk, running, events } = this.#seams;
    if ((running().config.cache?.warmUp ?? null) === null) return;
    this.#popularity.load(disk.read());
    this.#warmUp = new WarmUp(this.#popularity.ranked(clock.wallMs()), {
      clock,
      settings: () => running().config.cache?.warmUp ?? null,
      hasRoom: () => running().policyHost.hasAmpleRoom(),
      ask: (request) => this.#ask(request),
      onEnd: (reason, totals) => events.emit({ type: "warm_up_ended", reason, ...totals, atMs: clock.nowMs() }),
    });
  }

  /** A client was refused because deployments have no room. */
  hold(): void {
    this.#warmUp?.hold();
  }

  /** A request that the cache answered, or whose answer it stores. Its own do not count. */
  asked(call: Call, key: CacheKey): void {
    if (this.#own.has(call)) return;
    const { clock } = this.#seams;
    this.#popularity.asked(key.exact, clock.wallMs(), () => describe(call, key));
    this.#saveLater();
  }

  /** An answer is stored: when its request has ended, its cost is known. */
  stored(call: Call, key: CacheKey): void {
    this.asked(call, key);
    call.onFinish(() => this.#popularity.priced(key.exact, call.reports.cost?.nanoUsd ?? 0));
  }

  /** The process ends. */
  close(): void {
    this.#warmUp?.stop();
    this.#ending.cancel("closed");
    this.#save();
  }

  #saveLater(): void {
    if (this.#isSavePending) return;
    this.#isSavePending = true;
    const { clock } = this.#seams;
    const detach = this.#ending.signal.onAbort(clock.at(clock.nowMs() + saveMs, () => {
      detach();
      this.#save();
    }));
  }

  #save(): void {
    this.#isSavePending = false;
    for (const { team, text } of this.#popularity.changedLists(this.#seams.clock.wallMs())) this.#seams.disk.write(team, text);
  }

  async #ask(request: PopularRequest): Promise<WarmUpResult> {
    const { clock, events, running } = this.#seams;
    const { config, warmUpHandle, name } = running();
    const key = config.keys.find(({ team, feature }) => team === request.team && feature === request.feature);
    if (key === undefined) return { outcome: "skipped", nanoUsd: 0 };
    const call = this.#callOf(request, config, name);
    call.setIdentity(key);
    this.#own.add(call);
    const outcome = await outcomeOf(call, warmUpHandle);
    call.finish({ kind: "success" }, 200);
    const nanoUsd = call.reports.cost?.nanoUsd ?? 0;
    events.emit({ type: "warm_up", team: request.team, feature: request.feature, outcome, nanoUsd, atMs: clock.nowMs() });
    return { outcome, nanoUsd };
  }

  /** It is no client's request: it is in no count of requests, and has events of its own. */
  #callOf({ team, path, body }: PopularRequest, config: GatewayConfig, name: string | null): Call {
    const { clock, ids, events, dialectAt } = this.#seams;
    const headers = { "content-type": "application/json", "x-client-request-id": warmUpRequestId(team, drawHex(ids, 8)) };
    const own: EventSink<GatewayEvent> = { emit: (event) => (event.type === "started" || event.type === "finished" ? undefined : events.emit(event)) };
    const wire = { method: "POST", path, headers, body: utf8Bytes(body) };
    return new Call(wire, this.#ending.signal, config, { clock, events: own, ids, operation: dialectAt(endpointPath(path)).operation, package: name });
  }
}

/** Null: it cannot be asked again as it stands. Headers that belong to a request may name its client. */
function describe(call: Call, key: CacheKey): Omit<PopularRequest, "count" | "atMs" | "nanoUsd"> | null {
  const { source } = call.originalChat;
  if (source !== undefined && (source.long !== undefined || Object.keys(source.headers).length > 0)) return null;
  return { id: keyDigest(key.exact), team: call.team, feature: call.feature, path: call.wire.path, body: utf8Text(call.wire.body) };
}

async function outcomeOf(call: Call, handle: Handle): Promise<WarmUpResult["outcome"]> {
  try {
    const reply = await handle(call);
    if (reply.kind === "error") return isUnwell(reply) ? "failed" : "skipped";
    for await (const _ of reply.events);
  } catch (error) {
    if (error instanceof AttemptFailure || error instanceof Cancelled) return "failed";
    throw error;
  }
  const status = call.reports.cache?.status;
  return status === "hit" ? "present" : status === "miss" ? "stored" : "failed";
}

function isUnwell({ outcome }: Extract<Reply, { kind: "error" }>): boolean {
  return outcome.kind === "failure" || (outcome.kind === "rejected" && outcome.by === "concurrency");
}
