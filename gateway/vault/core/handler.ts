import type { Clock } from "../../../kernel/clock.ts";
import { foreignRequest } from "../../../kernel/foreign-request.ts";
import type { Handler, Headers, WireRequest, WireResponse } from "../../../kernel/transport.ts";
import { utf8Text } from "../../../kernel/utf8.ts";
import { WholeBody } from "../../../kernel/whole-body.ts";
import type { Vault } from "./vault.ts";
import { VaultRefusal } from "./vault.ts";

/** Whose key a request carries. A data plane takes leases; an operator does everything else. */
export type VaultRole = "plane" | "operator";

export interface VaultHandlerOptions {
  readonly vault: Vault;
  readonly clock: Clock;
  /** Whose key it is, in a time that depends on none; null: nobody's. */
  readonly roleOf: (bearer: string) => VaultRole | null;
  /** Leases a minute, over all data planes. */
  readonly leasesPerMinute: number;
  /** Whether it is reached by the name of its service (`kernel/own-network.ts`); absent: over loopback alone. */
  readonly onOwnNetwork?: boolean;
}

interface Route {
  readonly role: VaultRole;
  readonly method: "GET" | "POST";
  readonly run: (body: Fields, options: VaultHandlerOptions) => unknown;
}

const overlapMsDefault = 3_600_000;

const routes: Readonly<Record<string, Route>> = {
  "/v1/leases": {
    role: "plane",
    method: "POST",
    // The nonce comes back, so that an answer out of a cache is noticed.
    run: (body, { vault }) => ({ ...vault.lease(body.text("name"), `plane:${body.identity("plane")}`), nonce: body.text("nonce") }),
  },
  "/v1/leases/check": { role: "plane", method: "POST", run: (body, { vault }) => ({ standing: vault.standing(body.held()) }) },
  "/v1/status": { role: "operator", method: "GET", run: (_, { vault }) => vault.status() },
  "/v1/secrets": { role: "operator", method: "POST", run: (body, { vault }) => ({ version: vault.put({ name: body.text("name"), value: body.secret(), who: operatorOf(body) }) }) },
  "/v1/secrets/rotate": {
    role: "operator",
    method: "POST",
    run: (body, { vault }) => ({ version: vault.rotate({ name: body.text("name"), value: body.secret(), overlapMs: body.amount("overlapMs") ?? overlapMsDefault, who: operatorOf(body) }) }),
  },
  "/v1/secrets/revoke": { role: "operator", method: "POST", run: (body, { vault }) => (vault.revoke({ name: body.text("name"), version: body.amount("version"), who: operatorOf(body) }), {}) },
  "/v1/seal": { role: "operator", method: "POST", run: (body, { vault }) => (vault.seal(operatorOf(body)), vault.status()) },
  "/v1/unseal": { role: "operator", method: "POST", run: (body, { vault }) => (vault.unseal(operatorOf(body)), vault.status()) },
};

const operatorOf = (body: Fields) => `operator:${body.identity("operator")}`;

/** The vault's HTTP API, as the core of a server. Nothing of it may be kept by a cache. */
export function vaultHandler(options: VaultHandlerOptions): Handler {
  const bucket = new LeaseBucket(options);
  return (request) => {
    try {
      return Promise.resolve(answer(request, options, bucket));
    } catch (error) {
      if (!(error instanceof VaultRefusal)) throw error;
      const { status, code, message } = error;
      return Promise.resolve(json(status, { error: { code, message } }, error instanceof TooMany ? { "retry-after": String(error.retryAfterS) } : {}));
    }
  };
}

function answer(request: WireRequest, options: VaultHandlerOptions, bucket: LeaseBucket): WireResponse {
  const { host, origin, "content-type": contentType, authorization = "" } = request.headers;
  const foreign = foreignRequest({ host, origin, contentType, hasBody: request.body.length > 0 }, { onOwnNetwork: options.onOwnNetwork ?? false });
  if (foreign !== null) throw new VaultRefusal(foreign.status, "foreign_request", foreign.message);
  if (request.path === "/health/live") return json(200, { ok: true, sealed: options.vault.isSealed });
  const bearer = /^bearer +(\S+)$/i.exec(authorization)?.[1];
  const role = bearer === undefined ? null : options.roleOf(bearer);
  if (role === null) throw new VaultRefusal(401, "key_required", "This path needs a key of the vault as a bearer token");
  const route = Object.hasOwn(routes, request.path) ? routes[request.path]! : null;
  if (route === null || route.method !== request.method) throw new VaultRefusal(404, "path_unknown", "There is no such path");
  if (route.role !== role) throw new VaultRefusal(403, "key_of_other_role", `This path needs the key of the ${route.role}`);
  if (request.path === "/v1/leases") bucket.take();
  return json(200, route.run(new Fields(request.body), options));
}

function json(status: number, value: unknown, headers: Headers = {}): WireResponse {
  return { status, headers: { "content-type": "application/json", "cache-control": "no-store", ...headers }, body: new WholeBody(JSON.stringify(value)) };
}

/** The fields of a JSON body. Refusals do not quote what was sent: it may be a secret. */
class Fields {
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(body: Uint8Array) {
    this.#fields = body.length === 0 ? {} : objectOf(utf8Text(body));
  }

  text(name: string): string {
    const value = this.#fields[name];
    if (typeof value !== "string" || value === "" || value.length > 256) throw new VaultRefusal(400, "body_invalid", `Expected "${name}" as a text of 1 to 256 characters`);
    return value;
  }

  /** Who asks, as the audit log names them. */
  identity(name: "plane" | "operator"): string {
    const value = this.#fields[name] ?? "unnamed";
    if (typeof value !== "string" || !/^[\w.@:/-]{1,64}$/.test(value)) throw new VaultRefusal(400, "body_invalid", `Expected "${name}" as 1 to 64 letters, digits and . @ : / _ -`);
    return value;
  }

  secret(): string {
    const value = this.#fields["value"];
    if (typeof value !== "string" || value === "" || value.length > 65_536) throw new VaultRefusal(400, "body_invalid", 'Expected "value" as a text of 1 to 65536 characters');
    return value;
  }

  amount(name: string): number | null {
    const value = this.#fields[name] ?? null;
    if (value !== null && !(Number.isSafeInteger(value) && (value as number) >= 0)) throw new VaultRefusal(400, "body_invalid", `Expected "${name}" as a whole number`);
    return value as number | null;
  }

  held(): readonly { readonly name: string; readonly version: number }[] {
    const held = this.#fields["held"];
    const isHeld = (each: unknown) => typeof each === "object" && each !== null && "name" in each && typeof each.name === "string" && "version" in each && Number.isSafeInteger(each.version);
    if (!Array.isArray(held) || held.length > 1_000 || !held.every(isHeld)) throw new VaultRefusal(400, "body_invalid", 'Expected "held" as a list of names and versions');
    return held as { name: string; version: number }[];
  }
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new VaultRefusal(400, "body_invalid", "Expected a JSON object");
  return value as Readonly<Record<string, unknown>>;
}

class TooMany extends VaultRefusal {
  readonly retryAfterS: number;

  constructor(retryAfterS: number) {
    super(429, "too_many_leases", "Too many leases were asked for");
    this.retryAfterS = retryAfterS;
  }
}

/** A token bucket that holds a minute's leases. */
class LeaseBucket {
  readonly #clock: Clock;
  readonly #perMs: number;
  readonly #most: number;
  #tokens: number;
  #atMs: number;

  constructor({ clock, leasesPerMinute }: Pick<VaultHandlerOptions, "clock" | "leasesPerMinute">) {
    this.#clock = clock;
    this.#perMs = leasesPerMinute / 60_000;
    this.#most = leasesPerMinute;
    this.#tokens = leasesPerMinute;
    this.#atMs = clock.nowMs();
  }

  take(): void {
    const now = this.#clock.nowMs();
    this.#tokens = Math.min(this.#most, this.#tokens + (now - this.#atMs) * this.#perMs);
    this.#atMs = now;
    if (this.#tokens < 1) throw new TooMany(Math.max(1, Math.ceil((1 - this.#tokens) / this.#perMs / 1_000)));
    this.#tokens--;
  }
}
