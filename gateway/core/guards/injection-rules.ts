/** One sign of an attempt to override the model's instructions. `weight`, 0..1: its evidence on its own. */
export interface InjectionRule {
  readonly name: string;
  readonly weight: number;
  /** Matches text as `plainText` returns it: lower case, single spaces, line feeds kept. */
  readonly pattern: RegExp;
}

/**
 * Heuristics after the attacks that OWASP's LLM01 and the public jailbreak collections list. Every repetition is
 * bounded (`patterns.test.ts`). They find blunt attempts; an external classifier can replace them.
 */
export const injectionRules: readonly InjectionRule[] = [
  {
    name: "ignore-instructions",
    weight: 0.75,
    pattern:
      /\b(?:(?:ignore|disregard|forget|override)\b[^]{0,40}\b(?:all|these|those|previous|prior|above|earlier|preceding|your|system|original)|(?:bypass|skip|drop)\b[^]{0,40}\b(?:previous|prior|above|earlier|preceding|your|system|original))\b[^]{0,30}\b(?:instructions?|prompts?|rules|guidelines|directions|commands|programming|training)\b/,
  },
  { name: "new-persona", weight: 0.6, pattern: /\byou are (?:now|no longer)\b[^]{0,40}\b(?:dan|jailbroken|unrestricted|unfiltered|uncensored|evil|free|root|an? (?:ai|assistant|model) (?:without|with no))\b/ },
  { name: "do-anything-now", weight: 0.8, pattern: /\bdo anything now\b|\bdan mode\b|\bjailbreak mode\b/ },
  {
    name: "pretend-unbound",
    weight: 0.7,
    pattern:
      /\b(?:pretend|act|role-?play|behave|respond|answer|simulate)\b[^]{0,50}\b(?:no|without(?: any)?|free of|ignoring) (?:\w{1,20} )?(?:rules|restrictions|limits|limitations|filters?|guidelines|ethics|morals|censorship)\b/,
  },
  {
    name: "reveal-prompt",
    weight: 0.7,
    pattern:
      /\b(?:reveal|show|print|repeat|output|display|leak|dump|quote|tell me|give me|what (?:is|are|were|was))\b[^]{0,30}\b(?:your|the|its|system|hidden|initial|original|full|entire)\b[^]{0,20}\b(?:system (?:prompt|message)|initial (?:prompt|instructions)|hidden (?:prompt|instructions)|secret instructions|original instructions|instructions above|pre-?prompt)\b/,
  },
  { name: "words-above", weight: 0.7, pattern: /\b(?:repeat|print|output|copy)\b[^]{0,30}\b(?:words|text|everything|content|lines?)\b[^]{0,15}\babove\b/ },
  { name: "template-tokens", weight: 0.75, pattern: /<\|?(?:im_start|im_end|endoftext|eot_id|start_header_id|end_header_id|system)\|?>|\[\/?inst\]|<<\/?sys>>/ },
  { name: "fake-turn", weight: 0.4, pattern: /(?:^|\n) ?(?:#{1,6} ?)?\[?(?:system|developer)(?: (?:message|prompt|override))?\]? ?:/ },
  { name: "special-mode", weight: 0.6, pattern: /\b(?:developer|god|sudo|debug|admin|maintenance|root|unrestricted) mode\b[^]{0,30}\b(?:enabled?|activated?|on|engaged?)\b/ },
  { name: "without-limits", weight: 0.5, pattern: /\b(?:without|remove|disable|turn off|lift|circumvent|bypass|evade) (?:all |any |your |the |its ){0,2}(?:restrictions|filters?|safety|guardrails?|censorship|moderation|content polic(?:y|ies)|safeguards)\b/ },
  { name: "encoded-orders", weight: 0.7, pattern: /\b(?:decode|base64|rot13|hexadecimal|morse)\b[^]{0,80}\b(?:follow|execute|obey|carry out|do what)\b[^]{0,10}\b(?:it|this|that|them|result|output|instructions?|message)\b/ },
  {
    name: "exfiltrate",
    weight: 0.75,
    pattern:
      /\b(?:send|post|upload|forward|e-?mail|exfiltrate|transmit|append)\b[^]{0,60}\b(?:api keys?|passwords?|credentials?|secrets?|tokens?|conversation|chat history|system prompt|user data)\b[^]{0,60}(?:https?:|\bto \S{1,80}@|\bwww\.|\burl\b)/,
  },
  { name: "image-channel", weight: 0.6, pattern: /!\[[^\]\n]{0,80}\]\(https?:[^)\s]{1,200}\?[^)\s]{0,100}=[^)\s]{0,20}(?:\{|\[|<|%7b)/ },
  { name: "new-orders", weight: 0.5, pattern: /\b(?:new|updated|real|actual|true|important) (?:instructions?|rules|task|objective|directive|system prompt)(?: for (?:you|the (?:ai|assistant|model)))? ?(?::|are\b|is\b|follow\b)/ },
  { name: "addressed-to-model", weight: 0.5, pattern: /\b(?:dear|attention|note to|message (?:for|to)|instructions? (?:for|to)|hey) (?:the |any |all )?(?:ai|llm|assistant|language model|chatgpt|claude|gpt|gemini|chatbot)(?: (?:assistant|model|agent|reading this))?\b/ },
  { name: "claimed-authority", weight: 0.35, pattern: /\b(?:i am|this is|speaking as) (?:your|the|an?) (?:developer|creator|administrator|system administrator|openai|anthropic|owner)\b/ },
  { name: "must-obey", weight: 0.35, pattern: /\byou (?:must|will|have to|shall) (?:now )?(?:obey|comply with|follow only|only follow|do exactly)\b/ },
  { name: "end-of-prompt", weight: 0.5, pattern: /\b(?:end of|begin|start of) (?:the )?(?:new )?(?:system )?(?:prompt|instructions)\b/ },
  { name: "do-not-tell", weight: 0.35, pattern: /\b(?:do not|don't|never|without) (?:tell|telling|mention|mentioning|inform|informing|alert|alerting|reveal|revealing)\b[^]{0,25}\b(?:the )?user\b/ },
];
