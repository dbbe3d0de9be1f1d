import type { ProviderError } from "../../kernel/chat.ts";

/** Shorter ones are no credentials but words, and would be found in any text. */
const CREDENTIAL_LENGTH_MIN = 8;

/** A provider's words without the credential that it was sent: some providers quote it, and a caller's own fault reaches the caller in their words. */
export function withoutCredential(error: ProviderError, credential: string): ProviderError {
  if (credential.length < CREDENTIAL_LENGTH_MIN) return error;
  const redacted = (text: string) => text.replaceAll(credential, "[credential]");
  return { ...error, code: redacted(error.code), message: redacted(error.message) };
}
