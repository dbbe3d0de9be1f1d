/** The attempts, for an answer's body; empty for an answer without attempts, from the cache. */
export function answerMetadata(attempts: (() => string) | undefined): { readonly blastlab_attempts?: string } {
  const text = attempts?.() ?? "";
  return text === "" ? {} : { blastlab_attempts: text };
}

/** The same as a field of an answer; no field where there is nothing to report. */
export function metadataField(attempts: (() => string) | undefined): { readonly metadata?: object } {
  const metadata = answerMetadata(attempts);
  return metadata.blastlab_attempts === undefined ? {} : { metadata };
}
