import type { PiiKind } from "./settings.ts";

export interface PiiPattern {
  readonly kind: PiiKind;
  readonly pattern: RegExp;
  /** Checks that a pattern cannot express: check digits, counts. */
  readonly isValid: (match: string) => boolean;
  /**
   * Whether other digits may follow it after a space, such as a card's expiry date: then the longest valid part up to a
   * space counts.
   */
  readonly isFollowed?: boolean;
  /** A text without it has no match, and need not be searched. Absent: no one character is in all matches. */
  readonly needs?: string;
}

/** No value is longer, except a web token: how much of a stream may have to be held back. */
export const PII_CHARACTERS_MAX = 1_100;
/** No value in groups is longer: an international phone number with two marks between its digits. */
export const GROUPS_CHARACTERS_MAX = 64;
export const WEB_TOKEN_CHARACTERS_MAX = 3_900;
export const WEB_TOKEN_START = "eyJ";

/** How far before a value its pattern looks: an escape of JSON. */
export const LOOK_BEHIND_CHARACTERS = 6;

const always = () => true;

/**
 * Follows the backslash: JSON within a text, such as a tool's result, has its line feeds so, and their letters are not
 * part of the value.
 */
const escaped = String.raw`(?:[bfnrt]|u[\da-fA-F]{4})`;

/** Finds `value` where none of `inside` stands before it, except as part of an escape. */
function search(inside: string, value: string): RegExp {
  return new RegExp(String.raw`(?:(?<![${inside}])|(?<=\\${escaped}))(?!(?<=\\)${escaped})(?:${value})`, "g");
}

/** For character classes. Text copied from a page has non-breaking spaces and dashes of all kinds. */
const spaces = String.raw` \u00a0\u2007\u2009\u202f`;
const dashes = String.raw`\u2010-\u2013-`;
const letters = String.raw`A-Za-z\u00c0-\u024f\u0370-\u052f`;

/** Between two groups of digits. */
const gap = `[${spaces}.${dashes}]`;

/** Header, claims, signature: RS256's has 342 characters, and an identity provider's claims over a thousand. */
const webToken = String.raw`${WEB_TOKEN_START}[\w-]{10,300}\.(?:[\w-]{500}){0,4}[\w-]{10,500}\.(?:[\w-]{500}){0,1}[\w-]{10,500}`;
const key = String.raw`sk-[\w-]{16,400}|A[KS]IA[A-Z0-9]{16}|AIza[\w-]{35}|gh[pousr]_[A-Za-z0-9]{30,200}|github_pat_\w{30,200}|xox[abprs]-[A-Za-z0-9-]{10,200}`;

/**
 * The patterns, most certain first: where two overlap, the earlier kind wins. Every repetition is bounded and every
 * search begins at a boundary, so that no text makes one slow (`patterns.test.ts`).
 */
export const piiPatterns: readonly PiiPattern[] = [
  { kind: "credential", pattern: search(String.raw`\w-`, String.raw`(?:${key}|${webToken})(?![\w-])`), isValid: always },
  {
    kind: "email",
    needs: "@",
    pattern: search(
      String.raw`\w.%+${letters}-`,
      String.raw`[\w${letters}][\w.%+${letters}-]{0,63}@(?:[0-9${letters}](?:[0-9${letters}-]{0,40}[0-9${letters}])?\.){1,5}[${letters}]{2,24}(?![0-9${letters}])`,
    ),
    isValid: always,
  },
  {
    kind: "iban",
    pattern: search(String.raw`A-Z\d-`, String.raw`[A-Z]{2}\d{2}(?:[${spaces}]?[A-Z0-9]{4}){2,7}(?:[${spaces}]?[A-Z0-9]{1,3})?(?![\w-])`),
    isValid: isIban,
    isFollowed: true,
  },
  { kind: "card", pattern: search(String.raw`\d+-`, String.raw`[2-6]\d{3}(?:[${spaces}${dashes}]?\d){9,15}(?![\w-])`), isValid: isCard, isFollowed: true },
  { kind: "ssn", pattern: search(String.raw`\w-`, String.raw`(?!000|666|9)\d{3}[${dashes}](?!00)\d{2}[${dashes}](?!0000)\d{4}(?![\w-])`), isValid: always },
  {
    kind: "ip",
    pattern: search(String.raw`\w.`, String.raw`(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?!\w|\.\d)`),
    isValid: always,
  },
  {
    kind: "phone",
    pattern: search(
      String.raw`\w.+-`,
      String.raw`(?:\+\d{1,3}(?:[${spaces}.()${dashes}]{0,2}\d){6,14}|(?:1${gap})?(?:\(\d{3}\)|\d{3})${gap}\d{3}${gap}\d{4}|(?:0\d{1,4}|\(0\d{1,4}\))(?:${gap}\d{2,8}){1,4})(?![\w-])`,
    ),
    isValid: isPhone,
  },
];

const digitsOf = (text: string) => text.replace(/\D/g, "");

/** Luhn's check digit (ISO/IEC 7812-1). */
function isCard(text: string): boolean {
  const digits = digitsOf(text);
  if (digits.length < 13 || digits.length > 19) return false;
  let total = 0;
  for (let place = 0; place < digits.length; place++) {
    const digit = Number(digits[digits.length - 1 - place]);
    const doubled = place % 2 === 1 ? digit * 2 : digit;
    total += doubled > 9 ? doubled - 9 : doubled;
  }
  return total % 10 === 0;
}

/** ISO 13616: the rearranged number is 1 modulo 97. */
function isIban(text: string): boolean {
  const plain = text.replace(/\s/g, "");
  if (plain.length < 15 || plain.length > 34) return false;
  let rest = 0;
  for (const character of plain.slice(4) + plain.slice(0, 4)) {
    const value = character >= "A" ? character.charCodeAt(0) - 55 : Number(character);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

/**
 * International (E.164, after a plus or 00), or national with a leading zero, or North American 3-3-4. Other groups of
 * numbers are more often something else.
 */
function isPhone(text: string): boolean {
  const digits = digitsOf(text);
  if (text.startsWith("+")) return digits.length >= 8 && digits.length <= 15;
  if (!digits.startsWith("0")) return true;
  if (digits.startsWith("00")) return /^00[1-9]\d{7,14}$/.test(digits);
  return digits.length >= 9 && digits.length <= 12 && !/^\d{2}\D\d{2}\D\d{4}/.test(text);
}
