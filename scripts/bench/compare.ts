export interface Side {
  name: string;
  run: () => Promise<unknown>;
}

const ROUNDS = 7;

/** Takes turns, so that both sides meet the same machine; the first round only warms up. */
export async function compare(name: string, sides: [Side, Side]): Promise<void> {
  const seconds: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [at, side] of sides.entries()) {
      const started = performance.now();
      await side.run();
      if (round > 0) seconds[at as 0 | 1].push((performance.now() - started) / 1000);
    }
  }
  const [ours, other] = seconds.map((each) => each.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] as number) as [number, number];
  console.log(
    `${name.padEnd(32)}${sides[0].name} takes ${(ours / other).toFixed(2)} times ${sides[1].name} (${(ours * 1000).toFixed(0)} ms, ${(other * 1000).toFixed(0)} ms)`,
  );
}
