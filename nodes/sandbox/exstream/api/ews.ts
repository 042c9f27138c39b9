import { constants } from "node:fs";
import { copyFile, mkdir, rename } from "node:fs/promises";
import { isAbsolute, join, relative, resolve } from "node:path";
import { RE2JS } from "re2js";
import type { Exchange } from "../../kernel/exchange";
import { DRIVER_DATA_LIMIT } from "../compose/driver-data";
import { composeReply, faultReply, type ReplyFile, wsdl } from "../ews/reply";
import { type ComposeRequest, EwsError, readComposeRequest } from "../ews/request";
import { messageFile } from "../jobs/reports";
import { DOMAIN } from "../seed";
import { type Desk, Refusal, SERVICE_NAME } from "./desk";
import { composeOnDemand, submissionOf } from "./submit";

const PATH = "/EngineService/EngineService";
/** Name of the job's service. */
const SERVICE = "EngineService";
const XML = { "Content-Type": "text/xml; charset=utf-8" };

/**
 * The engine as a SOAP 1.1 service (wire/exstream.md 8.1; C12): the driver is driver data as everywhere in this stand-in, and the
 * outputs come back as files. Package files, `FILEMAP` and `RUNMODE` are taken and change nothing.
 */
export function offerEws(desk: Desk): void {
  desk.app.route(SERVICE_NAME, "GET", PATH, (exchange) => {
    if (exchange.query.has("wsdl")) exchange.send(200, wsdl(desk.app.origin + PATH), XML);
    else exchange.send(405, faultReply("Client", "only POST and ?wsdl are offered"), XML);
  });
  desk.app.route(SERVICE_NAME, "POST", PATH, async (exchange) => {
    try {
      await compose(desk, exchange);
    } catch (error) {
      if (!(error instanceof EwsError || error instanceof Refusal)) throw error;
      exchange.req.resume();
      // SOAP 1.1 sends every fault with 500.
      exchange.send(500, faultReply(error instanceof Refusal && error.status >= 500 ? "Server" : "Client", error.message), XML);
    }
  });
}

async function compose(desk: Desk, exchange: Exchange): Promise<void> {
  const request = await readComposeRequest(exchange.req, DRIVER_DATA_LIMIT);
  const user = userOf(desk, request);
  const folder = outputFolder(desk, request);
  const mediaType = request.driver.toString("latin1", 0, 200).trimStart().startsWith("<") ? "application/xml" : "application/json";
  const submission = submissionOf(request.driver, mediaType);
  const variants = submission.data.options.variants ?? ["pdf" as const];
  const { job, outputs, failures } = await composeOnDemand(desk, submission, { domain: DOMAIN, service: SERVICE, variants, user });
  const result = await desk.results.of(job, job.run.instanceId);
  const messages = request.includeMessageFile ? messageFile(job, result) : undefined;
  const files = outputs.map((output): ReplyFile => ({ output, path: desk.records.store.contentPath(output.id) }));
  if (folder) await writeFiles(folder, files);
  const returned = folder ? [] : files.filter(filterOf(request));
  const status = failures.length > 0 ? `Engine ended with ${failures.length} errors` : "Engine ended successfully";
  await exchange.stream(composeReply(returned, status, messages, request.includeHeader), XML);
}

/** Of a UsernameToken, where the switch asks for one; the service itself knows no users. */
function userOf(desk: Desk, { credentials }: ComposeRequest): string {
  if (!desk.app.switches.isOn("exstream.ews-security")) return SERVICE;
  const principal = credentials && desk.identity.byPassword(credentials.user, credentials.password);
  if (!principal) throw new EwsError("the UsernameToken is missing or wrong");
  return principal.user;
}

function filterOf({ fileReturnRegEx }: ComposeRequest): (file: ReplyFile) => boolean {
  if (fileReturnRegEx === undefined) return () => true;
  try {
    const pattern = RE2JS.compile(fileReturnRegEx);
    return ({ output }) => pattern.matcher(output.fileName).find();
  } catch {
    throw new EwsError("fileReturnRegEx is no regular expression");
  }
}

/** With the option OUTPUTDIRECTORY files go to disk and are not returned; only below the folder a switch names. */
function outputFolder(desk: Desk, { engineOptions }: ComposeRequest): string | undefined {
  const wanted = engineOptions.find(({ name }) => name.toUpperCase() === "OUTPUTDIRECTORY")?.value;
  if (!wanted) return undefined;
  const root = String(desk.app.switches.get("exstream.ews-output-root"));
  const folder = resolve(root, wanted);
  const within = relative(root, folder);
  if (root === "" || within.startsWith("..") || isAbsolute(within)) {
    throw new EwsError("OUTPUTDIRECTORY is not below the folder of switch exstream.ews-output-root");
  }
  return folder;
}

async function writeFiles(folder: string, files: ReplyFile[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { output, path } of files) {
    const file = join(folder, output.fileName);
    await copyFile(path, `${file}.tmp`, constants.COPYFILE_FICLONE);
    await rename(`${file}.tmp`, file);
  }
}
