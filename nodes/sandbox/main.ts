import { mountCms } from "./cms/mount";
import { mountControl } from "./control";
import { ContentStore } from "./css/content-store";
import { mountCss } from "./css/mount";
import { demoWorld } from "./demo-world";
import { describeSandbox, type SandboxDescription } from "./description";
import { mountDocumentum } from "./documentum/mount";
import { mountExstream } from "./exstream/mount";
import { SandboxApp } from "./kernel/app";
import type { SwitchValue } from "./kernel/switches";
import { mountOtds } from "./otds/mount";
import { Otds } from "./otds/otds";

export type { SandboxDescription } from "./description";

export interface SandboxOptions {
  /** 0 for any free port. */
  port: number;
  /** Folder for everything the stand-ins keep; made when it is not there. Not for two sandboxes at a time. */
  dataDir: string;
  /** Address to listen on. Default 127.0.0.1; the control routes answer to loopback only in any case. */
  host?: string;
  /** Seconds; default 900. */
  tokenLifetimeSeconds?: number;
  /** Seconds; default 900. */
  ticketLifetimeSeconds?: number;
  /** Switches by name, as `GET /sandbox/switches` lists them. */
  switches?: Record<string, SwitchValue>;
  /** Milliseconds since 1970, for tests that step the clock. */
  now?: () => number;
}

export interface RunningSandbox {
  description: SandboxDescription;
  app: SandboxApp;
  /** Cuts every connection and closes the stores. */
  close(): Promise<void>;
}

/**
 * Starts the stand-in OTDS, CSS, CMS, Documentum and Exstream servers on one loopback port. What they keep is in
 * `dataDir` and there again after a restart. Throws Error with a text for people when the port is taken, a switch is
 * unknown or the folder cannot be used.
 */
export async function startSandbox(options: SandboxOptions): Promise<RunningSandbox> {
  const app = new SandboxApp(options.dataDir, options.now);
  try {
    app.switches.preset(presetsOf(options));
    const otds = await Otds.open(app, {
      tenant: demoWorld.tenant,
      partition: demoWorld.partition,
      users: demoWorld.users,
      clients: [demoWorld.client],
    });
    const contents = new ContentStore(app, demoWorld.tenant);
    const description = (): SandboxDescription => describeSandbox(app.origin);
    // The control routes come first: no stand-in may take their paths.
    mountControl(app, contents, description);
    mountOtds(app, otds);
    mountCss(app, contents, otds);
    const cms = mountCms(app, contents, otds, demoWorld.users);
    mountDocumentum(app, otds);
    mountExstream(app, otds);
    refuseUnknownSwitches(app);
    await listen(app, options);
    await cms.seed();
    return { description: description(), app, close: () => app.close() };
  } catch (error) {
    await app.close();
    throw error;
  }
}

function presetsOf({ switches, tokenLifetimeSeconds, ticketLifetimeSeconds }: SandboxOptions): Record<string, SwitchValue> {
  return {
    ...switches,
    ...(tokenLifetimeSeconds === undefined ? {} : { "otds.token-lifetime-seconds": tokenLifetimeSeconds }),
    ...(ticketLifetimeSeconds === undefined ? {} : { "otds.ticket-lifetime-seconds": ticketLifetimeSeconds }),
  };
}

function refuseUnknownSwitches(app: SandboxApp): void {
  const [unknown] = app.switches.undeclared();
  if (unknown === undefined) return;
  const known = app.switches.all().map(({ name }) => name);
  throw new Error(`There is no switch '${unknown}'. Known are: ${known.join(", ")}`);
}

async function listen(app: SandboxApp, { port, host = "127.0.0.1" }: SandboxOptions): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") throw new Error(`Port ${port} on ${host} is in use. Choose another port, or stop what listens there.`);
    if (code === "EACCES") throw new Error(`Port ${port} on ${host} may not be used by this user. Choose a port above 1023.`);
    throw new Error(`The sandbox cannot listen on ${host}:${port}: ${message}`);
  }
}
