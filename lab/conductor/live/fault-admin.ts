import { LabError, messageOf } from "../../../kernel/errors.ts";
import type { Lease } from "../../warden/undo.ts";

/** The gateway that is asked may share a busy machine. */
const timeoutMs = 10_000;
/** An undo has less: it must not keep a run from ending. */
const undoTimeoutMs = 3_000;

/** One setting of a running gateway that a lab may change: the paths of docs/governance.md, "Fault injection". */
export interface AdminSetting {
  readonly url: string;
  /** For messages: `defect "mix-up" in gateway`. */
  readonly description: string;
}

export const adminSetting = (adminUrl: string, path: readonly string[], description: string): AdminSetting => ({
  url: `${adminUrl}/admin/${path.map(encodeURIComponent).join("/")}`,
  description,
});

/** What takes the setting back after a crash. It is in the gateway's memory: one that has ended has lost it. */
export function adminLease({ url, description }: AdminSetting): Lease {
  return { description, steps: [{ kind: "http", method: "DELETE", url, gone: [404], goneIfRefused: true, timeoutMs: undoTimeoutMs }] };
}

/** Rejects with LabError `failed` `fault_refused` unless the gateway takes it. */
export async function putSetting(setting: AdminSetting, body: object): Promise<void> {
  await call(setting, "PUT", body, []);
}

/** Takes it back; one that is gone already is no error. */
export async function deleteSetting(setting: AdminSetting): Promise<void> {
  await call(setting, "DELETE", undefined, [404]);
}

async function call({ url, description }: AdminSetting, method: "PUT" | "DELETE", body: object | undefined, alsoGood: readonly number[]): Promise<void> {
  const json = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  let reason: string;
  try {
    const response = await fetch(url, { method, ...json, redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
    const text = await response.text();
    if (response.ok || alsoGood.includes(response.status)) return;
    reason = `it answered ${response.status}: ${text.slice(0, 300)}`;
  } catch (error) {
    reason = messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
  }
  throw new LabError({
    exit: "failed",
    code: "fault_refused",
    message: `Cannot ${method === "PUT" ? "set" : "take back"} ${description} at ${url}: ${reason}`,
    hint: "Read the gateway's log in the run directory",
  });
}
