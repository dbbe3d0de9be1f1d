import { expect, test } from "vitest";
import { childEnvironment, variablesOf } from "./child-environment.ts";

const own = {
  PATH: "/bin",
  HOME: "/home/somebody",
  OPENAI_API_KEY: "sk-secret",
  HTTP_PROXY: "http://proxy:3128",
  https_proxy: "http://proxy:3128",
  NODE_OPTIONS: "--use-env-proxy",
  NODE_USE_ENV_PROXY: "1",
  OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318",
  NODE_EXTRA_CA_CERTS: "/ca.pem",
};

test("childEnvironment: what is on no list is not passed on", () => {
  const { NODE_COMPILE_CACHE, ...environment } = childEnvironment([], {}, own);
  expect(environment).toEqual({ PATH: "/bin" });
  expect(NODE_COMPILE_CACHE).toMatch(/blastlab.compile$/);
});

test("childEnvironment: a part gets what its list names and what the lab adds", () => {
  expect(childEnvironment([...variablesOf.caller, "OPENAI_API_KEY", "UNSET"], { PORT: "1", PATH: "/own" }, own)).toMatchObject({ NODE_EXTRA_CA_CERTS: "/ca.pem", OPENAI_API_KEY: "sk-secret", PORT: "1", PATH: "/own" });
  expect(childEnvironment(["UNSET"], {}, own)).not.toHaveProperty("UNSET");
});

test("variablesOf: nothing on the lists sends a child's requests elsewhere", () => {
  expect(Object.values(variablesOf).flat().filter((name) => /(^|_)PROXY$|OTEL|NODE_OPTIONS|TOKEN|KEY|SECRET/i.test(name))).toEqual([]);
});
