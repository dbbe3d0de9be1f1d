import type { ChatRequest } from "../../../kernel/chat.ts";
import { hashUnit } from "../../../kernel/hash.ts";
import type { WireRequest } from "../../../kernel/transport.ts";
import { BadRequest, type ClientDialect } from "../contracts.ts";
import { clientKey, keyOf } from "../keys.ts";
import type { LongBody } from "../long-body.ts";
import type { LoadedPackage, RunningPackages } from "./running.ts";

export interface Picked {
  readonly package: LoadedPackage;
  /** The request, where it had to be decoded to know its client. */
  readonly chat: ChatRequest | null;
}

/**
 * The package that a request runs on: the candidate where hash(client, version) is below its share, so that a client
 * keeps its package while the share stands and stays on the candidate while it grows. A client is a virtual key with,
 * where the request names one, its `user`. A key that neither configuration knows is refused by the current one, before
 * its body is read. `read`: the body, where it has been read in pieces.
 */
export function pickPackage(running: RunningPackages, request: WireRequest, dialect: ClientDialect, read: Uint8Array | LongBody = request.body): Picked {
  const { current, candidate } = running;
  if (candidate === null || !isPickedByBody(running, request)) return { package: candidate !== null && candidate.share >= 1 ? candidate.package : current, chat: null };
  const chat = decoded(read, request, dialect);
  const user = chat?.hints?.["user"];
  const client = JSON.stringify([clientKey(request.headers), typeof user === "string" ? user : null]);
  const isCandidate = hashUnit("package", client, candidate.package.id?.version ?? 0) < candidate.share;
  return { package: isCandidate ? candidate.package : current, chat };
}

/** Whether the body decides: a part of the clients gets the candidate, and this is one of them. */
export function isPickedByBody({ current, candidate }: RunningPackages, { headers }: WireRequest): boolean {
  if (candidate === null || candidate.share <= 0 || candidate.share >= 1) return false;
  return [current, candidate.package].some(({ config }) => keyOf(headers, config.keys) !== undefined);
}

/** Null: the decode stage will refuse it. */
function decoded(body: Uint8Array | LongBody, { headers }: WireRequest, dialect: ClientDialect): ChatRequest | null {
  try {
    return dialect.decodeRequest(body, headers);
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error;
    return null;
  }
}
