/** Characters that XML 1.0 cannot have at all, not even as a reference. */
// oxlint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

const references: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;" };

const plain = (text: string) => text.replaceAll(forbidden, "\uFFFD");
const escapedText = (text: string) => plain(text).replaceAll(/[&<>\r]/g, (character) => references[character]!);
const escapedValue = (text: string) => plain(text).replaceAll(/[&<>"\n\r\t]/g, (character) => references[character]!);

export type XmlAttributes = Readonly<Record<string, string | number>>;

/** An element with its attributes, and either a text or child elements, each on lines of its own. */
export function element(name: string, attributes: XmlAttributes, content: string | readonly string[] = []): string {
  const start = `<${name}${Object.entries(attributes).map(([key, value]) => ` ${key}="${escapedValue(String(value))}"`).join("")}`;
  if (content.length === 0) return `${start}/>`;
  if (typeof content === "string") return `${start}>${escapedText(content)}</${name}>`;
  return `${start}>\n${content.join("\n")}\n</${name}>`;
}
