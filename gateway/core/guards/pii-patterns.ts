import type { PiiKind } from "./settings.ts";

export interface PiiPattern {
  readonly kind: PiiKind;
  readonly pattern: RegExp;
  /** What a pattern cannot say: check digits, counts. */
  readonly isValid: (match: string) => boolean;
  /** Whether other digits may follow it after a space, such as a card's expiry date: then the longest part up to a space that is valid counts. */
  readonly isFollowed?: boolean;
}

/** No value is longer: how much of a stream may have to be held back. */
export const PII_CHARACTERS_MAX = 1_100;

const always = () => true;

/**
 * What is searched for, the surest first: where two overlap, the earlier kind has it. Every repetition is bounded and every search begins at
 * a boundary, so that no text makes one slow (`patterns.test.ts`).
 */
export const piiPatterns: readonly PiiPattern[] = [
  {
    kind: "credential",
    pattern:
      /(?<![\w-])(?:sk-[\w-]{16,400}|AKIA[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{30,200}|xox[abprs]-[A-Za-z0-9-]{10,200}|eyJ[\w-]{10,300}\.[\w-]{10,500}\.[\w-]{10,250})(?![\w-])/g,
    isValid: always,
  },
  {
    kind: "email",
    pattern: /(?<![\w.%+-])[A-Za-z0-9_][\w.%+-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,40}[A-Za-z0-9])?\.){1,5}[A-Za-z]{2,24}(?![A-Za-z0-9])/g,
    isValid: always,
  },
  { kind: "iban", pattern: /(?<![\w-])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![\w-])/g, isValid: isIban, isFollowed: true },
  { kind: "card", pattern: /(?<![\w+-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\w-])/g, isValid: isCard, isFollowed: true },
  { kind: "ssn", pattern: /(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])/g, isValid: always },
  { kind: "ip", pattern: /(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?!\w|\.\d)/g, isValid: always },
  { kind: "phone", pattern: /(?<![\w.+-])(?:\+\d{1,3}(?:[ .()-]{0,2}\d){6,14}|(?:1[ .-])?(?:\(\d{3}\)|\d{3})[ .-]\d{3}[ .-]\d{4}|0\d{1,4}(?:[ .-]\d{2,8}){1,4})(?![\w-])/g, isValid: isPhone },
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
  const plain = text.replace(/ /g, "");
  if (plain.length < 15 || plain.length > 34) return false;
  let rest = 0;
  for (const character of plain.slice(4) + plain.slice(0, 4)) {
    const value = character >= "A" ? character.charCodeAt(0) - 55 : Number(character);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

/** International (E.164), or national with a leading zero, or North American 3-3-4. Other groups of numbers are more often something else. */
function isPhone(text: string): boolean {
  const digits = digitsOf(text);
  if (text.startsWith("+")) return digits.length >= 8 && digits.length <= 15;
  if (!digits.startsWith("0")) return true;
  return digits.length >= 9 && digits.length <= 12 && !/^\d{2}[ .-]\d{2}[ .-]\d{4}/.test(text);
}
