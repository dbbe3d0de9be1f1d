import { expect, test } from "vitest";
import { parseScenario, parseStack } from "../../scenarios/parse.ts";
import { openScenario } from "./library.ts";
import { externalProblems } from "./external-problems.ts";

const { text, shown } = openScenario("smoke");
const scenario = parseScenario(text, shown);
const external = (fields: string) => parseStack(`name: mine\ntitle: Mine\nexternal: { url: 'http://127.0.0.1:4000', ${fields} }`, "mine.yaml").external!;

test("externalProblems: a name that is near to one without an entry is a slip, in ports, keys and aliases", () => {
  expect(externalProblems(scenario, external("linkPorts: { primry: 9101, fallback: 9102 }, keys: { suport/chat: k }, modelAliases: { falback: [x] }"))).toEqual([
    { path: ["external", "linkPorts"], unknownKey: "primry", message: 'The scenario has no "primry". Did you mean "primary"?' },
    { path: ["external", "keys"], unknownKey: "suport/chat", message: 'The scenario has no "suport/chat". Did you mean "support/chat"?' },
    { path: ["external", "modelAliases"], unknownKey: "falback", message: 'The scenario has no "falback". Did you mean "fallback"?' },
  ]);
});

test("externalProblems: names of other scenarios, and of those that have their own entry already, are left alone", () => {
  expect(externalProblems(scenario, external("linkPorts: { primary: 9101, fallback: 9102, primary-2: 9103, judge: 9104 }, keys: { billing/agent: k }"))).toEqual([]);
});
