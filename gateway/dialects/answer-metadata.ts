/** What the gateway says of itself in an answer's body: what each attempt came to. Empty where nobody knows. */
export function answerMetadata(attempts: (() => string) | undefined): { readonly blastlab_attempts?: string } {
  return attempts === undefined ? {} : { blastlab_attempts: attempts() };
}

/** The same as a field of an answer; none where there is nothing to say. */
export function metadataField(attempts: (() => string) | undefined): { readonly metadata?: object } {
  return attempts === undefined ? {} : { metadata: answerMetadata(attempts) };
}
