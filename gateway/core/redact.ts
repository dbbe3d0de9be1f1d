import type { ProviderError } from "../../kernel/chat.ts";

/** Shorter ones are no credentials but words, and would be found in any text. */
const CREDENTIAL_LENGTH_MIN = 8;

/** More than any name has. */
const QUOTED_LENGTH_MAX = 200;

/** A provider's words without the credential that it was sent: some providers quote it, and a caller's own fault reaches the caller in their words. */
export function withoutCredential(error: ProviderError, credential: string): ProviderError {
  return { ...error, code: redacted(error.code, credential), message: redacted(error.message, credential) };
}

/** What a provider calls something, for an error of ours: in quotes, not at any length, and without the credential. */
export function quoted(name: string, credential: string): string {
  const text = redacted(name, credential);
  return text.length > QUOTED_LENGTH_MAX ? `"${text.slice(0, QUOTED_LENGTH_MAX)}" (${text.length} characters)` : `"${text}"`;
}

function redacted(text: string, credential: string): string {
  return credential.length < CREDENTIAL_LENGTH_MIN ? text : text.replaceAll(credential, "[credential]");
}
