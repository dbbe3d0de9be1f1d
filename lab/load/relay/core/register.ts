import type { Arrival } from "../../../../kernel/plan.ts";
import type { WireRequest } from "../../../../kernel/transport.ts";
import { utf8Text } from "../../../../kernel/utf8.ts";
import { identityOf, type Identity } from "../../core/exchange.ts";
import { intendedMsOf } from "./headers.ts";

/** Team and feature in the record of a request that is in no arrivals file. */
export const unplanned = "unplanned";

/**
 * Finds the arrival of each request by `x-client-request-id`. A request without an arrival, or a second request of the
 * same arrival, is `unplanned`. It is measured like any other and numbered after the arrivals. A verdict on a tap with
 * an unplanned request is `unknown`.
 */
export class RequestRegister {
  readonly #epochMs: number;
  readonly #arrivals: readonly Arrival[];
  readonly #unseen: Map<string, Arrival>;
  #unplanned = 0;

  /** `epochMs`: Unix ms of the timeline's zero. */
  constructor(arrivals: readonly Arrival[], epochMs: number) {
    this.#epochMs = epochMs;
    this.#arrivals = arrivals;
    this.#unseen = new Map(arrivals.map((arrival) => [arrival.requestId, arrival]));
  }

  /** The intended time is the header's, else the arrival's planned time, else the time at which the request came. */
  identify(request: WireRequest, region: string, nowMs: number): Identity {
    const requestId = request.headers["x-client-request-id"];
    const intendedMs = intendedMsOf(request.headers, this.#epochMs);
    const arrival = requestId === undefined ? undefined : this.#unseen.get(requestId);
    if (arrival === undefined) return this.#unplannedRequest(request, { region, intendedMs: intendedMs ?? nowMs });
    this.#unseen.delete(arrival.requestId);
    const identity = identityOf(arrival);
    return intendedMs === null ? identity : { ...identity, intendedMs };
  }

  /** Arrivals due before `nowMs` that have not come, in order. */
  overdue(nowMs: number): readonly Arrival[] {
    return this.#arrivals.filter(({ requestId, atMs }) => atMs < nowMs && this.#unseen.has(requestId));
  }

  #unplannedRequest(request: WireRequest, known: Pick<Identity, "region" | "intendedMs">): Identity {
    const number = this.#unplanned++;
    const { model, stream } = bodyFields(request.body);
    return {
      requestId: request.headers["x-client-request-id"] ?? `${unplanned}-${number}`,
      arrival: this.#arrivals.length + number,
      team: unplanned,
      feature: unplanned,
      route: typeof model === "string" ? model : unplanned,
      stream: stream === true,
      ...known,
    };
  }
}

/** Who sends a request: its `user`, else its id. */
export function clientOf({ headers, body }: WireRequest): string {
  const { user } = bodyFields(body);
  return typeof user === "string" ? user : (headers["x-client-request-id"] ?? "");
}

function bodyFields(body: Uint8Array): { readonly model?: unknown; readonly stream?: unknown; readonly user?: unknown } {
  try {
    const value: unknown = JSON.parse(utf8Text(body));
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
