/** Reads `--name value` and `--flag` of the command line; a name nobody asked for is a mistake and ends the program. */
import { parseArgs } from "node:util";

export function readArguments<T extends Record<string, number | boolean | string>>(defaults: T): T {
  const options = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [
      name,
      { type: typeof value === "boolean" ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  try {
    const { values } = parseArgs({ options });
    return Object.fromEntries(
      Object.entries(defaults).map(([name, value]) => [
        name,
        typeof value === "number" ? numberOf(name, values[name], value) : (values[name] ?? value),
      ]),
    ) as T;
  } catch (error) {
    console.error(
      `${(error as Error).message}\nKnown: ${Object.keys(defaults)
        .map((name) => `--${name}`)
        .join(" ")}`,
    );
    process.exit(2);
  }
}

function numberOf(name: string, given: unknown, fallback: number): number {
  const number = given === undefined ? fallback : Number(given);
  if (!Number.isFinite(number) || number < 0) throw new Error(`--${name} must be a number of 0 or more`);
  return number;
}
