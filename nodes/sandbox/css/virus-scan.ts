/** The harmless file every scanner reports. In two halves, so that no scanner reports this source. */
const TEST_VIRUS = Buffer.from(["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*"].join(""));

/** Hands bytes through and looks whether they begin as the standard anti-virus test file (wire/css.md S13). */
export function watchForTestVirus(body: AsyncIterable<Uint8Array>): { body: AsyncIterable<Uint8Array>; infected(): boolean } {
  const head = Buffer.alloc(TEST_VIRUS.length);
  let filled = 0;
  async function* watched(): AsyncIterable<Uint8Array> {
    for await (const chunk of body) {
      if (filled < head.length) {
        const taken = chunk.subarray(0, head.length - filled);
        head.set(taken, filled);
        filled += taken.length;
      }
      yield chunk;
    }
  }
  return { body: watched(), infected: () => head.equals(TEST_VIRUS) };
}
