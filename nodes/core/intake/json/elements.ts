const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** The bytes of each element of a list, as they stand in it. The text must be a JSON list; it was parsed before. */
export function elementsOf(list: Buffer): Buffer[] {
  const elements: Buffer[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < list.length; at += 1) {
    const byte = list[at] as number;
    if (byte === QUOTE) at = endOfString(list, at);
    else if (OPENING.has(byte)) {
      depth += 1;
      if (depth === 1) start = at + 1;
    } else if (CLOSING.has(byte)) depth -= 1;
    if ((depth === 1 && byte === COMMA) || (depth === 0 && CLOSING.has(byte))) {
      elements.push(trimmed(list.subarray(start, at)));
      start = at + 1;
    }
  }
  return elements.filter((element) => element.length > 0);
}

function endOfString(text: Buffer, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== QUOTE) at += text[at] === BACKSLASH ? 2 : 1;
  return at;
}

function trimmed(bytes: Buffer): Buffer {
  let [start, end] = [0, bytes.length];
  while (start < end && (bytes[start] as number) <= 0x20) start += 1;
  while (end > start && (bytes[end - 1] as number) <= 0x20) end -= 1;
  return bytes.subarray(start, end);
}
