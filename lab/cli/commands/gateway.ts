import { utcText } from "../../../kernel/calendar.ts";
import { exitCodes, LabError } from "../../../kernel/errors.ts";
import { nameOf, percent, phaseText, type EntryShown, type StatusShown } from "../gateway/control-answers.ts";
import { controlClient, type RegionFlags } from "../gateway/control-client.ts";
import { writeJson, writeLines, type Io } from "../io.ts";
import { byOf, mapping, type ReasonFlags } from "./gateway-push.ts";

export async function statusCommand(flags: RegionFlags, io: Io): Promise<void> {
  const status = await (await controlClient(flags)).get<StatusShown>("/v1/status");
  if (flags.json === true) return writeJson(io, status);
  const { region, active, activeOn, rollout, planes, publicKey } = status;
  writeLines(io, [
    `Region ${region}`,
    active === null ? "No package is active" : `Active      ${nameOf(active)}, acknowledged by ${activeOn.join(", ") || "no data plane"}`,
    ...(rollout === null ? [] : [`On its way  ${nameOf(rollout)}, ${phaseText(rollout)}`]),
    ...planes.map(({ plane, current, refused }) => `Data plane  ${plane} runs ${current?.slice(0, 12) ?? "its own file"}${refused.map(({ hash, reason = "without a reason" }) => `, refuses ${hash.slice(0, 12)}: ${reason}`).join("")}`),
    `Public key  ${publicKey}`,
  ]);
}

export async function historyCommand(flags: RegionFlags, io: Io): Promise<void> {
  const history = await (await controlClient(flags)).get<readonly EntryShown[]>("/v1/history");
  if (flags.json === true) return writeJson(io, history);
  writeLines(io, history.length === 0 ? ["No package was pushed"] : history.map(lineOf));
}

function lineOf(entry: EntryShown): string {
  const { who, why, forced, state, reached, stagedAtMs, reason } = entry;
  return `${utcText(stagedAtMs)}  ${nameOf(entry)}  ${state.replace("_", " ")} at ${percent(reached)}  by ${who}: ${why}${forced.length > 0 ? `  forced: ${forced.join(", ")}` : ""}${reason === null ? "" : `  ${reason}`}`;
}

interface Diff {
  readonly changes: readonly { readonly path: string; readonly before?: unknown; readonly after?: unknown }[];
}

/** 0 where the two are equal, 1 where they differ, as diff(1). */
export async function diffCommand(from: string, to: string, flags: RegionFlags, io: Io): Promise<number> {
  const diff = await (await controlClient(flags)).get<Diff>(`/v1/diff?from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`);
  if (flags.json === true) writeJson(io, diff);
  else writeLines(io, diff.changes.length === 0 ? ["They are equal"] : diff.changes.flatMap(({ path, ...change }) => [path, ..."before" in change ? [`  - ${JSON.stringify(change.before)}`] : [], ..."after" in change ? [`  + ${JSON.stringify(change.after)}`] : []]));
  return diff.changes.length === 0 ? exitCodes.held : exitCodes.deviated;
}

export async function rollbackCommand(to: string | undefined, flags: ReasonFlags, io: Io): Promise<void> {
  const client = await controlClient(flags);
  const { result } = await client.post<{ readonly result: "cancelled" | "restored" }>("/v1/rollback", { to: to ?? null, ...byOf(flags) });
  const { active } = await client.get<StatusShown>("/v1/status");
  if (flags.json === true) return writeJson(io, { result, active });
  writeLines(io, [`${result === "cancelled" ? "The rollout was ended" : "The configuration was restored"}. Active: ${active === null ? "no package" : nameOf(active)}`]);
}

/** `blastlab gateway evaluate`: has the eval gate asked again. */
export async function evaluateCommand(flags: ReasonFlags, io: Io): Promise<void> {
  const client = await controlClient(flags);
  await client.post("/v1/evaluate", byOf(flags));
  const { rollout } = await client.get<StatusShown>("/v1/status");
  if (flags.json === true) return writeJson(io, rollout);
  writeLines(io, rollout === null ? ["Nothing is on its way"] : [`${nameOf(rollout)}: ${phaseText(rollout)}`]);
}

export async function receiptCommand(hash: string | undefined, flags: RegionFlags, io: Io): Promise<void> {
  const client = await controlClient(flags);
  const named = hash ?? (await client.get<StatusShown>("/v1/status")).active?.package.hash ?? "none";
  writeJson(io, await client.get<object>(`/v1/receipts/${encodeURIComponent(named)}`));
}

export interface IdentityFlags extends RegionFlags {
  readonly reason?: string;
  readonly who?: string;
  readonly remove?: boolean;
}

export async function identityCommand(deployment: string, file: string | undefined, flags: IdentityFlags, io: Io): Promise<void> {
  const client = await controlClient(flags);
  if (file !== undefined || flags.remove === true) {
    const { reason } = flags;
    if (reason === undefined) throw new LabError({ exit: "refused", code: "bad_arguments", message: "A change of an identity needs a reason", hint: "add --reason; the journal keeps it" });
    await client.post("/v1/identities", { deployment, expected: file === undefined ? null : mapping(file), ...byOf({ ...flags, reason }) });
  }
  const { identities } = await client.get<StatusShown>("/v1/status");
  const identity = identities[deployment] ?? null;
  if (flags.json === true) writeJson(io, identity);
  else writeLines(io, [identity === null ? `${deployment} has no identity: a push with it is stopped` : `${deployment}: ${JSON.stringify(identity)}`]);
}
