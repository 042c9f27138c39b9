import type { IncomingMessage } from "node:http";
import type { Readable, Writable } from "node:stream";

/** Announces a part. `use` reads its body to the end; its index counts the parts from 0. */
export type Announce = (body: Readable, use: (index: number) => Promise<void>) => void;

/**
 * Feeds a request to a parser of multipart bodies and returns how many parts there were. Parts are taken strictly in
 * turn: a stream that is not read holds back the parser, and so the next part. Throws when the body is no multipart
 * body, breaks off, or a part's use throws; then no part is left open. The connection stays usable for the reply.
 *
 * @param listen Announces each part that the parser finds.
 */
export async function takeParts(request: IncomingMessage, parser: Writable, listen: (announce: Announce) => void): Promise<number> {
  const bodies: Readable[] = [];
  let chain: Promise<void> = Promise.resolve();
  listen((body, use) => {
    const index = bodies.push(body) - 1;
    chain = chain.then(() => use(index));
    chain.catch((error) => parser.destroy(error));
  });
  try {
    await feed(request, parser);
  } catch (error) {
    for (const body of bodies) body.destroy(error as Error);
    await chain.catch(() => {});
    throw error;
  }
  await chain;
  return bodies.length;
}

/** A part that breaks off while nobody reads it yet must not end the process. */
export function outliveBreak(body: Readable): void {
  body.on("error", () => {});
}

/** Not a pipeline: that would cut the connection on a bad body, and no reply could tell the client. */
async function feed(request: IncomingMessage, parser: Writable): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      parser.once("finish", resolve).once("error", reject);
      request.once("error", reject).once("close", () => {
        // A request that is whole closes too, perhaps while its last part is still being written.
        if (!request.complete) reject(new Error("the request broke off"));
      });
      request.pipe(parser);
    });
  } catch (error) {
    request.unpipe(parser).resume();
    throw error;
  }
}
