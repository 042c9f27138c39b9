import { type BodyPart, type Call, parseObject } from "./call";
import { badRequest, Failure } from "./failures";

/** Largest metadata part, in bytes. */
const METADATA_LIMIT = 8 * 1024 * 1024;

/**
 * Takes the parts of a multipart body one after the other. A refused request is read to its end before the refusal is
 * thrown, so that its sender can read the answer; a body that is malformed or breaks off is a 400.
 */
export async function takeParts(call: Call, take: (part: BodyPart, index: number) => Promise<void>): Promise<void> {
  let failure: unknown;
  try {
    await call.body.parts(async (part, index) => {
      try {
        if (failure === undefined) await take(part, index);
      } catch (error) {
        failure = error;
      }
    });
  } catch (error) {
    // What a part made of a body that breaks off is only a consequence.
    if (failure instanceof Failure) throw failure;
    throw badRequest("The multipart body is malformed or incomplete.", error instanceof Error ? error.message : "");
  }
  if (failure !== undefined) throw failure;
}

/** The object in a metadata part. */
export async function readMetadata({ body, mediaType }: BodyPart): Promise<Record<string, unknown>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > METADATA_LIMIT) throw new Failure(413, "E_REQUEST_TOO_LARGE", `The metadata part is larger than ${METADATA_LIMIT} bytes.`);
    chunks.push(chunk);
  }
  return parseObject(Buffer.concat(chunks), mediaType);
}
