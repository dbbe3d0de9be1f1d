import { userInfo } from "node:os";
import { text } from "node:stream/consumers";
import { LabError, messageOf } from "../../../kernel/errors.ts";
import { writeJson, writeLines, type Io } from "../io.ts";

export interface VaultFlags {
  readonly url: string;
  /** The variable that holds the operator's key. */
  readonly key: string;
  readonly json?: boolean;
}

interface Status {
  readonly region: string;
  readonly sealed: boolean;
  readonly reason: string | null;
  readonly secrets: readonly { readonly name: string; readonly versions: readonly { readonly version: number; readonly createdAtMs: number; readonly validUntilMs: number | null; readonly revoked: boolean }[] }[];
  readonly audit: { readonly entries: number; readonly head: string | null };
}

const timeText = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");

/** `blastlab vault status`, `seal` and `unseal`: each shows how the vault stands. */
export async function vaultStateCommand(action: "status" | "seal" | "unseal", flags: VaultFlags, io: Io): Promise<void> {
  const status = await ask<Status>(flags, `/v1/${action}`, action === "status" ? null : {});
  if (flags.json === true) return writeJson(io, status);
  const versions = ({ versions }: Status["secrets"][number]) =>
    versions.map(({ version, revoked, validUntilMs }) => `${version}${revoked ? " revoked" : validUntilMs === null ? " current" : ` until ${timeText(validUntilMs)}`}`).join(", ");
  writeLines(io, [
    `The vault of region "${status.region}" is ${status.sealed ? `sealed${status.reason === null ? "" : `: ${status.reason}`}` : "open"}`,
    ...status.secrets.map((secret) => `  ${secret.name}: version ${versions(secret)}`),
    `Audit log: ${status.audit.entries} entries${status.audit.head === null ? "" : `, head ${status.audit.head}`}`,
  ]);
}

/**
 * `blastlab vault put` and `rotate`: the value comes on stdin, so that no shell history and no list of processes has
 * it.
 */
export async function vaultWriteCommand(action: "put" | "rotate", name: string, flags: VaultFlags & { readonly overlap?: number }, io: Io): Promise<void> {
  if (process.stdin.isTTY) throw new LabError({ exit: "refused", code: "value_missing", message: "The value comes on stdin", hint: `pipe it in: npx blastlab vault ${action} ${name} < FILE` });
  const value = (await text(process.stdin)).replace(/\r?\n$/, "");
  const overlap = action === "rotate" && flags.overlap !== undefined ? { overlapMs: flags.overlap } : {};
  const { version } = await ask<{ version: number }>(flags, action === "put" ? "/v1/secrets" : "/v1/secrets/rotate", { name, value, ...overlap });
  if (flags.json === true) return writeJson(io, { name, version });
  writeLines(io, [`${name} is version ${version}`]);
}

/** `blastlab vault revoke`. */
export async function vaultRevokeCommand(name: string, flags: VaultFlags & { readonly secretVersion?: number }, io: Io): Promise<void> {
  const { secretVersion: version } = flags;
  await ask(flags, "/v1/secrets/revoke", { name, ...(version !== undefined && { version }) });
  if (flags.json === true) return writeJson(io, { name, version: version ?? null, revoked: true });
  writeLines(io, [`${name}${version === undefined ? "" : `, version ${version},`} is revoked in this region. Data planes that reach their vault drop it within two seconds`]);
}

const answerMs = 10_000;

async function ask<T>({ url, key }: VaultFlags, path: string, body: object | null): Promise<T> {
  const secret = process.env[key] ?? "";
  if (secret === "") throw refused("key_missing", `The variable ${key} is not set`, "set it to the operator's key, or name another with --key");
  if (!/^http:\/\/(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d+)?\/?$/.test(url)) throw refused("target_refused", `"${url}" is not on this machine: a vault listens on loopback alone`, "give its http URL on 127.0.0.1");
  const request = body === null ? {} : { method: "POST", body: JSON.stringify({ ...body, operator: userInfo().username }) };
  const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
  const answer = await fetch(url.replace(/\/$/, "") + path, { ...request, headers, redirect: "manual", signal: AbortSignal.timeout(answerMs) }).catch((error: unknown) => {
    throw new LabError({ exit: "failed", code: "vault_unreachable", message: `The vault at ${url} does not answer: ${messageOf(error)}`, hint: "look whether its process runs" });
  });
  const answered = (await answer.json().catch(() => ({}))) as T & { error?: { code: string; message: string } };
  if (answer.ok) return answered;
  throw refused(answered.error?.code ?? "vault_failed", answered.error?.message ?? `The vault answered ${answer.status}`, "docs/vault.md describes the API");
}

function refused(code: string, message: string, hint: string): LabError {
  return new LabError({ exit: "refused", code, message, hint });
}
