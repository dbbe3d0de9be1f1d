import type { Json } from "./corpus.ts";

type Vars = Readonly<Record<string, Json>>;

/**
 * A template with the variables in place: `{{name}}` in a text is the variable's text (JSON where it is not a text),
 * and a text that is `{{vars}}` alone becomes all of them, as an object. Throws `RangeError` for a variable that the
 * case does not have.
 */
export function filledIn(template: Json, vars: Vars): Json {
  if (typeof template === "string") return template === "{{vars}}" ? vars : filledText(template, vars);
  if (Array.isArray(template)) return (template as readonly Json[]).map((element) => filledIn(element, vars));
  if (typeof template !== "object" || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, filledIn(value, vars)]));
}

function filledText(template: string, vars: Vars): string {
  return template.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => {
    if (!Object.hasOwn(vars, name)) throw new RangeError(`the request needs the variable "${name}", which the case does not have`);
    const value = vars[name]!;
    return typeof value === "string" ? value : JSON.stringify(value);
  });
}
