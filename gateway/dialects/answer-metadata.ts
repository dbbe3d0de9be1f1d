/** What the gateway says of itself in an answer's body: what each attempt came to; nothing for an answer that took none, from the cache. */
export function answerMetadata(attempts: (() => string) | undefined): { readonly blastlab_attempts?: string } {
  const text = attempts?.() ?? "";
  return text === "" ? {} : { blastlab_attempts: text };
}

/** The same as a field of an answer; none where there is nothing to say. */
export function metadataField(attempts: (() => string) | undefined): { readonly metadata?: object } {
  const metadata = answerMetadata(attempts);
  return metadata.blastlab_attempts === undefined ? {} : { metadata };
}
