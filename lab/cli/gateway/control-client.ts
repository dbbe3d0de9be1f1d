import { parse } from "yaml";
import { LabError, messageOf } from "../../../kernel/errors.ts";
import { fileLimits, readText } from "../../files.ts";
import { allowedTarget, atAddress, readAllowList } from "../../targets/loopback.ts";

/** Which control plane a command is for. */
export interface RegionFlags {
  readonly region: string;
  /** YAML: `{a: {url, key: env:NAME}}`. */
  readonly regions: string;
  readonly allowTargets?: string;
  readonly json?: boolean;
}

export interface ControlClient {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
}

const timeoutMs = 10_000;

/**
 * The control plane of a region, as the file of regions names it. Throws `LabError`, also for an answer that is a
 * refusal.
 */
export async function controlClient({ region, regions, allowTargets }: RegionFlags): Promise<ControlClient> {
  const { url, key } = regionIn(regions, region);
  const target = await allowedTarget(url, allowTargets === undefined ? [] : readAllowList(allowTargets));
  const base = (await atAddress(target)).replace(/\/$/, "");
  const ask = async <T>(method: "GET" | "POST", path: string, body?: object): Promise<T> => {
    const response = await fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { "content-type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
      redirect: "manual",
    }).catch((error: unknown) => Promise.reject(unreachable(region, url, error)));
    const text = await response.text();
    if (!response.ok) throw refusalOf(text, response.status);
    return (text === "" ? null : JSON.parse(text)) as T;
  };
  return { get: (path) => ask("GET", path), post: (path, body) => ask("POST", path, body) };
}

function regionIn(file: string, region: string): { readonly url: string; readonly key: string } {
  let value: unknown;
  try {
    value = parse(readText(file, fileLimits.scenarioBytesMax), { maxAliasCount: 100 });
  } catch (error) {
    throw refused("regions_unreadable", `Cannot read the file of regions "${file}": ${messageOf(error).split("\n")[0]}`);
  }
  const entries = value as Readonly<Record<string, { readonly url?: unknown; readonly key?: unknown } | null>> | null;
  const found = entries?.[region];
  if (typeof found?.url !== "string" || typeof found.key !== "string") throw refused("region_unknown", `"${file}" has no region "${region}" with url and key; it has ${Object.keys(entries ?? {}).join(", ") || "none"}`);
  return { url: found.url, key: keyOf(found.key) };
}

function keyOf(reference: string): string {
  const [, kind, name = ""] = /^(env|file):(.+)$/.exec(reference) ?? [];
  const text = kind === "env" ? process.env[name] : kind === "file" ? readText(name, 64 * 1024) : undefined;
  if (text === undefined || text.trim() === "") throw refused("key_unreadable", `Cannot read the key "${reference}": it is not set, or no reference env:NAME or file:PATH`);
  return text.trim();
}

function refused(code: string, message: string): LabError {
  return new LabError({ exit: "refused", code, message, hint: "write {a: {url: http://127.0.0.1:9400, key: env:CONTROL_OPERATOR_KEY}} and name it with --regions" });
}

function unreachable(region: string, url: string, cause: unknown): LabError {
  const { cause: inner } = cause as { readonly cause?: unknown };
  const message = `The control plane of region "${region}" does not answer at ${url}: ${messageOf(inner ?? cause)}`;
  return new LabError({ exit: "failed", code: "control_unreachable", message, hint: "data planes run on with what they have; start it: node gateway/control/main.ts --config FILE", cause });
}

function refusalOf(text: string, status: number): LabError {
  const { code, message, forcible } = errorIn(text);
  const hint = forcible === true ? "--force overrides this, and is audited" : "docs/control-plane.md describes every refusal";
  return new LabError({ exit: status >= 500 ? "failed" : "refused", code: code ?? "control_refused", message: message ?? `The control plane answered with status ${status}`, hint });
}

function errorIn(text: string): { readonly code?: string; readonly message?: string; readonly forcible?: boolean } {
  try {
    return (JSON.parse(text) as { readonly error?: object }).error ?? {};
  } catch {
    return {};
  }
}
