/** What happened, without a key and without content. */
export interface AuditRecord {
  readonly atMs: number;
  readonly event: "on" | "ready" | "request" | "answered" | "refused" | "off" | "expired" | "denied" | "drill";
  readonly team: string;
  readonly [detail: string]: string | number | boolean | null | readonly string[];
}

export type AuditEntry = AuditRecord & { readonly sequence: number; readonly previous: string; readonly hash: string };

/** SHA-256 of a text, in hex. */
export type Digest = (text: string) => string;

export const chainStart = "0".repeat(64);

export function nextEntry(record: AuditRecord, last: AuditEntry | null, digest: Digest): AuditEntry {
  const entry = { ...record, sequence: Number(last?.sequence ?? 0) + 1, previous: last?.hash ?? chainStart };
  return { ...entry, hash: digest(JSON.stringify(entry)) } as AuditEntry;
}

/** What is wrong with a log from its first entry on; null: nothing. */
export function chainProblem(entries: readonly AuditEntry[], digest: Digest): string | null {
  let previous = chainStart;
  for (const [index, { hash, ...entry }] of entries.entries()) {
    if (entry.sequence !== index + 1) return `Entry ${index + 1} is missing`;
    if (entry.previous !== previous) return `Entry ${index + 1} does not follow the one before it`;
    if (digest(JSON.stringify(entry)) !== hash) return `Entry ${index + 1} was changed`;
    previous = hash;
  }
  return null;
}

/** A window in the log: from its token to its end. */
export interface Window {
  readonly team: string;
  readonly operator: string;
  readonly reason: string;
  readonly fromMs: number;
  /** Null: it is open. */
  readonly endMs: number | null;
  readonly notAfterMs: number;
  readonly endedBy: "off" | "expired" | null;
  /** What no protection of the gateway has seen. */
  readonly requests: number;
  readonly answered: number;
  readonly failed: number;
  readonly refused: number;
  readonly byRoute: Readonly<Record<string, number>>;
}

/** The windows of a log, in their order. */
export function windowsOf(entries: readonly AuditEntry[], nowMs: number): readonly Window[] {
  const windows: Window[] = [];
  const open = new Map<string, number>();
  for (const entry of entries) {
    const { event, team, atMs } = entry;
    const at = open.get(team);
    if (event === "on") {
      open.set(team, windows.length);
      windows.push({ team, operator: String(entry["operator"]), reason: String(entry["reason"]), fromMs: atMs, endMs: null, notAfterMs: Number(entry["notAfterMs"]), endedBy: null, requests: 0, answered: 0, failed: 0, refused: 0, byRoute: {} });
    } else if (at !== undefined) {
      windows[at] = withEntry(windows[at]!, entry);
    }
  }
  // A shim that was killed wrote no end: its token ended it.
  return windows.map((window) => (window.endMs === null && window.notAfterMs <= nowMs ? { ...window, endMs: window.notAfterMs, endedBy: "expired" } : window));
}

function withEntry(window: Window, entry: AuditEntry): Window {
  const { event, atMs } = entry;
  if (event === "request") {
    const route = String(entry["route"]);
    return { ...window, requests: window.requests + 1, byRoute: { ...window.byRoute, [route]: (window.byRoute[route] ?? 0) + 1 } };
  }
  if (event === "answered") {
    const isGood = Number(entry["status"]) >= 200 && Number(entry["status"]) < 300 && entry["whole"] === true;
    return { ...window, answered: window.answered + (isGood ? 1 : 0), failed: window.failed + (isGood ? 0 : 1) };
  }
  if (event === "refused") return { ...window, refused: window.refused + 1 };
  // An end that came when the window had ended already changes nothing.
  if ((event === "off" || event === "expired") && window.endMs === null) return { ...window, endMs: atMs, endedBy: event };
  return window;
}
