/**
 * Whether a rule's sample takes a document: always the same ones, and with a higher percentage those and more. The
 * percentage counts to two decimals. The hash must never change, or running canaries would change their documents.
 */
export function compileSample(percent: number | undefined, ruleId: string): (key: string) => boolean {
  if (percent === undefined || percent >= 100) return () => true;
  const share = Math.round(percent * 100);
  const seed = fnv(0x811c9dc5, ruleId);
  return (key) => mixed(fnv(seed, key)) % 10_000 < share;
}

/** FNV-1a over the characters' codes. */
function fnv(seed: number, text: string): number {
  let hash = seed;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

/** MurmurHash3's last step: without it, keys that differ in their last characters only get neighbouring hashes. */
function mixed(hash: number): number {
  let bits = hash ^ (hash >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
