import type { ChatEvent, ProviderError, WirePiece } from "../../kernel/chat.ts";
import { withoutPiece } from "./batches.ts";

/** Shorter strings are words, not credentials, and would be found in any text. */
const CREDENTIAL_LENGTH_MIN = 8;

/** Longer than any name. */
const QUOTED_LENGTH_MAX = 200;

/** Model names have slashes, colons and at signs in them. */
const IDENTIFIER = /^[\w.:/@+=-]{1,200}$/;

/**
 * A provider's error without the credential that it was sent: some providers quote it, and for a caller's own fault the
 * provider's message reaches the caller.
 */
export function withoutCredential(error: ProviderError, credential: string): ProviderError {
  return { ...error, code: redacted(error.code, credential), message: redacted(error.message, credential) };
}

/**
 * Returns what makes events of an answer free of the credential that it was asked with. A name is redacted. A piece
 * that quotes it in a field that nobody reads loses the provider's own words, and the client gets the event in the
 * gateway's.
 */
export function withoutQuotes(credential: string): (event: ChatEvent) => ChatEvent {
  if (credential.length < CREDENTIAL_LENGTH_MIN) return (event) => event;
  const isQuoted = quotedIn(credential);
  return (event) => {
    const plain = event.wire !== undefined && isQuoted(event.wire) ? withoutPiece(event) : event;
    if (plain.type !== "start" || !(plain.id.includes(credential) || plain.model.includes(credential))) return plain;
    return { ...plain, id: redacted(plain.id, credential), model: redacted(plain.model, credential) };
  };
}

/**
 * Whether a piece has the credential in it, as it is, or as a string of JSON has it. The events of a piece follow one
 * another, so that it is searched once.
 */
function quotedIn(credential: string): (piece: WirePiece) => boolean {
  const escaped = JSON.stringify(credential).slice(1, -1);
  let searched: WirePiece | null = null;
  let isFound = false;
  return (piece) => {
    if (piece === searched) return isFound;
    searched = piece;
    isFound = piece.data.includes(credential) || (escaped !== credential && piece.data.includes(escaped));
    return isFound;
  };
}

/**
 * A provider's name for something, for the gateway's own error: quoted, bounded in length, and without the credential.
 */
export function quoted(name: string, credential: string): string {
  const text = redacted(name, credential);
  return text.length > QUOTED_LENGTH_MAX ? `"${text.slice(0, QUOTED_LENGTH_MAX)}" (${text.length} characters)` : `"${text}"`;
}

/**
 * A provider's id or the name of its model, for telemetry. Null: it is no single word of bounded length, or it holds
 * the credential. So no text of a prompt or an answer gets in.
 */
export function identifierOf(name: string, credential: string): string | null {
  return IDENTIFIER.test(name) && redacted(name, credential) === name ? name : null;
}

function redacted(text: string, credential: string): string {
  return credential.length < CREDENTIAL_LENGTH_MIN ? text : text.replaceAll(credential, "[credential]");
}
