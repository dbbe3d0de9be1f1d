/** What can be bad about a request, as the observer judges it; a fault's signature says which of these it can cause. */
export const badCauses = ["not_sent", "error", "wrong", "truncated", "late"] as const;

export type BadCause = (typeof badCauses)[number];

/** What is wrong with the words of an answer by themselves. */
export const wordFaultKinds = ["no_mark", "mixed_marks", "lost", "doubled", "foreign_word"] as const;

export type WordFaultKind = (typeof wordFaultKinds)[number];

/** In what way an answer is not the answer to its request. */
export const wrongKinds = [
  ...wordFaultKinds,
  /** First given to a request of another team. */
  "cross_tenant",
  /** An answer to another intent. */
  "other_intent",
  /** Another request's answer, and the plan declares no cache. */
  "foreign_answer",
  /** The provider was asked something that no client sent. */
  "transformed",
  /** By a deployment outside the route's, or not the one that the response names. */
  "wrong_provider",
  /** By a model that is not the deployment's, or not the one that the response names. */
  "wrong_model",
] as const;

export type WrongKind = (typeof wrongKinds)[number];
