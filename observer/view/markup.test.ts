import { expect, test } from "vitest";
import { escapeText, Markup, markup } from "./markup.ts";

test("markup: what is put into a template is escaped, in content and in attributes", () => {
  expect(markup`<a title="${'" onload="x'}">${"<script>alert('&')</script>"}</a>`.text).toBe(
    '<a title="&quot; onload=&quot;x">&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;</a>',
  );
});

test("markup: markup in a template stays markup, lists are joined, null is left out", () => {
  expect(markup`<ul>${[markup`<li>${1}</li>`, markup`<li>${"<"}</li>`]}${null}</ul>${Markup.trusted("<hr>")}`.text).toBe("<ul><li>1</li><li>&lt;</li></ul><hr>");
});

test("escapeText: control characters become spaces, line breaks stay", () => {
  expect(escapeText("a\u0000b\u001bc\nd")).toBe("a b c\nd");
});
