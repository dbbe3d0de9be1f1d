import { Ajv2020 } from "ajv/dist/2020.js";
import { messageOf } from "../../kernel/errors.ts";
import type { Json } from "./core/corpus.ts";
import type { SchemaProblem } from "./core/score.ts";

/** Validates by JSON Schema 2020-12, each schema compiled once. A schema that is none is a problem of every answer. */
export function schemaChecker(): SchemaProblem {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  return (schema, value) => {
    if (typeof schema !== "object" || schema === null) return "the schema is not an object";
    try {
      return ajv.validate(schema as { readonly [key: string]: Json }, value) ? null : ajv.errorsText(ajv.errors, { dataVar: "answer" });
    } catch (error) {
      return `the schema cannot be used: ${messageOf(error)}`;
    }
  };
}
