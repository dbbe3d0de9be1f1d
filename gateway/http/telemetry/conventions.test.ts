import { expect, test } from "vitest";
import { providerNameOf } from "./conventions.ts";
import genAi from "./gen-ai-names.json" with { type: "json" };

test.each([
  ["https://api.groq.com/openai/v1", "openai_compatible", "groq"],
  ["https://api.mistral.ai/v1", "openai_compatible", "mistral_ai"],
  ["https://contoso.openai.azure.com/openai/v1", "openai", "azure.ai.openai"],
  ["https://europe-west1-aiplatform.googleapis.com/v1", "gemini", "gcp.vertex_ai"],
  ["https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1", "openai_compatible", "aws.bedrock"],
  ["https://generativelanguage.googleapis.com/v1beta/openai", "openai_compatible", "gcp.gemini"],
  ["http://127.0.0.1:8000/v1", "anthropic", "anthropic"],
  ["http://127.0.0.1:8000/v1", "openai", "openai"],
] as const)("providerNameOf: %s as %s is %s", (baseUrl, dialect, name) => {
  expect(providerNameOf({ baseUrl, dialect })).toBe(name);
  expect(genAi.providers).toContain(name);
});

test("providerNameOf: a host whose name only ends alike is none of them", () => {
  for (const host of ["myapi.x.ai.example.com", "notapi.groq.com"]) expect(providerNameOf({ baseUrl: `https://${host}/v1`, dialect: "openai_compatible" })).toBe("openai_compatible");
});
