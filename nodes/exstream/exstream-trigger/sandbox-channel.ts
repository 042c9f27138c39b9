import type { Node, NodeAPI } from "node-red";
import type { SandboxDescription } from "../../sandbox/main";

const RETRY_MS = 2_000;

/**
 * Asks the built-in sandbox to deliver finished output to this trigger, as an administrator would set an output channel
 * of Exstream to its address. Returns a function that takes the channel away again.
 */
export function deliverFromSandbox(
  RED: NodeAPI,
  node: Node,
  sandbox: Promise<SandboxDescription>,
  path: string,
  secret: string | undefined,
): () => Promise<void> {
  const url = new URL(`${RED.settings.httpNodeRoot || "/"}/${path}`.replaceAll(/\/+/g, "/"), `http://127.0.0.1:${RED.settings.uiPort}`)
    .href;
  const channel = {
    name: node.id,
    kind: "http",
    url,
    mode: "multipart",
    ...(secret ? { authorization: { type: "bearer", token: secret } } : {}),
  };
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const announce = async () => {
    try {
      await putChannel(await sandbox, node.id, channel);
    } catch (error) {
      node.warn(`The sandbox could not be told to deliver here: ${(error as Error).message}`);
      if (!stopped) timer = setTimeout(() => void announce(), RETRY_MS);
    }
  };
  const announced = announce();

  return async () => {
    stopped = true;
    clearTimeout(timer);
    await announced;
  };
}

/** One channel a trigger node, whichever was deployed before. */
async function putChannel(sandbox: SandboxDescription, name: string, channel: object): Promise<void> {
  const url = `${sandbox.control.url}/exstream/channels/${encodeURIComponent(name)}`;
  const reply = await fetch(url, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(channel) });
  if (!reply.ok) throw new Error(`PUT of the channel answered ${reply.status}`);
}
