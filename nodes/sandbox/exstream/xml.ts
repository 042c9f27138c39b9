/** Text as XML character data or attribute value; characters XML 1.0 cannot hold become a space. */
export function xmlText(value: string | number): string {
  return String(value)
    .replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, " ")
    .replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
