#!/usr/bin/env node
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type SandboxOptions, startSandbox } from "./main";

const USAGE = `usage: sandbox [--port 9700] [--data .docbridge/sandbox] [--token-lifetime 900]

Starts the stand-in servers, prints their description as one line of JSON, and runs until SIGTERM or SIGINT.`;

/** Arguments that make no sense. */
class BadArguments extends Error {}

function readArguments(): SandboxOptions {
  let values: { port: string; data: string; "token-lifetime"?: string; help?: boolean };
  try {
    ({ values } = parseArgs({
      options: {
        port: { type: "string", default: "9700" },
        data: { type: "string", default: ".docbridge/sandbox" },
        "token-lifetime": { type: "string" },
        help: { type: "boolean" },
      },
    }));
  } catch (error) {
    throw new BadArguments((error as Error).message);
  }
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const lifetime = values["token-lifetime"];
  return {
    port: wholeNumber("--port", values.port, 0, 65_535),
    dataDir: resolve(values.data),
    tokenLifetimeSeconds: lifetime === undefined ? undefined : wholeNumber("--token-lifetime", lifetime, 1, 1_000_000),
  };
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) {
    throw new BadArguments(`${name} must be a whole number from ${least} to ${most}, not '${text}'`);
  }
  return number;
}

async function run(): Promise<void> {
  const sandbox = await startSandbox(readArguments());
  let stopping = false;
  const stop = async (): Promise<void> => {
    // A second signal means: now.
    if (stopping) process.exit(1);
    stopping = true;
    await sandbox.close();
    process.exit(0);
  };
  process.on("SIGTERM", () => void stop());
  process.on("SIGINT", () => void stop());
  console.log(JSON.stringify(sandbox.description));
}

run().catch((error: Error) => {
  const bad = error instanceof BadArguments;
  console.error(bad ? `${error.message}\n\n${USAGE}` : error.message);
  process.exit(bad ? 2 : 1);
});
