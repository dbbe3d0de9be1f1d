import type { Headers } from "../../../../kernel/transport.ts";

/** A request's intended send time, Unix ms (a fraction is allowed). The relay reads it and does not forward it. */
export const intendedHeader = "x-blastlab-intended";

/** Hop-by-hop fields (RFC 9110, 7.6.1). */
const hopByHop = ["connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade"];

/**
 * Fields that are not forwarded. The transport asks for an unencoded answer, because a compressed one cannot be read as
 * it passes. The relay's own server answers `expect`. `host` and `content-length` are written anew.
 */
const requestFields = [...hopByHop, "host", "content-length", "expect", "accept-encoding", intendedHeader];

export const requestHeaders = (headers: Headers): Headers => without(headers, requestFields);

export const responseHeaders = (headers: Headers): Headers => without(headers, hopByHop);

function without(headers: Headers, names: readonly string[]): Headers {
  const named = (headers["connection"] ?? "").split(",").map((name) => name.trim().toLowerCase());
  const dropped = new Set([...names, ...named]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)));
}

/**
 * The intended send time on the timeline that starts at `epochMs`, to the microsecond; null where the header is missing
 * or is not a number.
 */
export function intendedMsOf(headers: Headers, epochMs: number): number | null {
  const text = headers[intendedHeader];
  const unixMs = text === undefined || text.trim() === "" ? NaN : Number(text);
  return Number.isFinite(unixMs) ? Math.round((unixMs - epochMs) * 1_000) / 1_000 : null;
}
