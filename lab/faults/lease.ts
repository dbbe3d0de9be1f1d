/**
 * What it takes to undo one fault at a Toxiproxy-compatible API, as plain JSON: the warden lifts it after a crash of the conductor, with
 * nothing but HTTP. Take the lease before injecting the fault: lifting one that is not there yet is harmless.
 */
export type Lease =
  /** A toxic that the lab added: it is deleted. */
  | { readonly kind: "toxic"; readonly apiUrl: string; readonly proxy: string; readonly toxic: string }
  /** A proxy that the lab switched off: it is switched on again. */
  | { readonly kind: "link_down"; readonly apiUrl: string; readonly proxy: string }
  /** A proxy that the lab created: it is deleted, with its toxics. */
  | { readonly kind: "proxy"; readonly apiUrl: string; readonly proxy: string };

/** `gone`: there was nothing left to lift, or nobody listens at the API any more. */
export type LiftResult = "lifted" | "gone";

/** Undoes the fault. Rejects when the API does not answer within `timeoutMs`, or answers with anything but 2xx or 404. */
export async function liftLease(lease: Lease, timeoutMs = 1_500): Promise<LiftResult> {
  const { method, path, body } = undoing(lease);
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  try {
    const response = await fetch(lease.apiUrl.replace(/\/$/, "") + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.arrayBuffer();
    if (response.status === 404) return "gone";
    if (response.ok) return "lifted";
    throw new Error(`Cannot lift ${describeLease(lease)}: ${method} ${path} answered ${response.status}`);
  } catch (error) {
    if (isRefused(error)) return "gone";
    throw error;
  }
}

/** For logs and messages: `toxic "brownout" on proxy "primary"`. */
export function describeLease(lease: Lease): string {
  switch (lease.kind) {
    case "toxic":
      return `toxic "${lease.toxic}" on proxy "${lease.proxy}"`;
    case "link_down":
      return `switched-off proxy "${lease.proxy}"`;
    case "proxy":
      return `proxy "${lease.proxy}"`;
  }
}

function undoing(lease: Lease): { method: "DELETE" | "POST"; path: string; body?: string } {
  const proxy = `/proxies/${encodeURIComponent(lease.proxy)}`;
  switch (lease.kind) {
    case "toxic":
      return { method: "DELETE", path: `${proxy}/toxics/${encodeURIComponent(lease.toxic)}` };
    case "link_down":
      return { method: "POST", path: proxy, body: JSON.stringify({ enabled: true }) };
    case "proxy":
      return { method: "DELETE", path: proxy };
  }
}

function isRefused(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return typeof cause === "object" && cause !== null && "code" in cause && cause.code === "ECONNREFUSED";
}
