import type { Application, NextFunction, Request, Response } from "express";
import type { NodeAPI } from "node-red";

/** Longest wait of a delivery; after it the sender is told to come again, milliseconds. */
const LONGEST_WAIT_MS = 30_000;
const RETRY_AFTER_S = 10;

/**
 * Where deliveries wait while no flows run. Between the start of Node-RED's web server and that of its flows, and
 * between the two halves of a deploy, the routes of the triggers are not there, and Node-RED would answer 404: a sender
 * takes that for a refusal and never sends the document again (wire/exstream.md, client rule 3).
 */
export class WaitingRoom {
  private readonly waiting = new Set<() => void>();
  /** Paths that have been a way in since this process started. */
  private readonly paths = new Set<string>();
  /** Paths, with the root of HTTP nodes before them, whose bodies nobody parses but a trigger, and by how many it is wanted. */
  private readonly raw = new Map<string, number>();
  private readonly root: string;
  private hasRun: boolean;
  private isRunning: boolean;

  /** To be made once, when the package is loaded: the door must stand before every route. */
  constructor(RED: NodeAPI) {
    // A package that is installed into a Node-RED at work comes after its flows have started.
    this.hasRun = RED.server?.listening === true;
    this.isRunning = this.hasRun;
    RED.events.on("flows:stopping", () => {
      this.isRunning = false;
    });
    RED.events.on("flows:started", () => this.letIn());
    RED.httpNode?.use((request, response, next) => this.receive(request, response, next));
    this.root = `/${RED.settings?.httpNodeRoot || ""}/`.replaceAll(/\/+/g, "/");
    if (RED.httpNode) this.standFirst(RED.httpNode);
  }

  /**
   * From now on bodies sent to this path reach their route unread: a signature counts the bytes as they were sent. Returns a
   * function that ends it, once the flows run again without it: a redeploy leaves no gap.
   */
  keepRaw(path: string): () => void {
    const whole = `${this.root}${path.slice(1)}`;
    const count = (by: number) => void this.raw.set(whole, (this.raw.get(whole) ?? 0) + by);
    count(1);
    return () => count(-1);
  }

  /** With the editor at `/` its parsers read every JSON body. They pass over one that is marked as read, in any order of the roots. */
  private standFirst(httpNode: Application): void {
    let app = httpNode as Application & { parent?: Application; _router?: { stack: unknown[] } };
    while (app.parent) app = app.parent as typeof app;
    app.use((request, _response, next) => {
      // So early a request has its URL only.
      if (this.raw.has(request.url.split("?", 1)[0] as string)) Object.assign(request, { _body: true });
      next();
    });
    const stack = app._router?.stack;
    if (stack) stack.unshift(stack.pop());
  }

  /** Deliveries to this path wait for the flows from now on. */
  remember(path: string): void {
    this.paths.add(path);
  }

  private receive(request: Request, response: Response, next: NextFunction): void {
    const isDelivery = request.method === "POST" || request.method === "PUT";
    // Before the first start nobody knows the paths yet; what other nodes will answer waits those moments too.
    const mayBeOurs = !this.hasRun || this.paths.has(request.path);
    if (this.isRunning || !isDelivery || !mayBeOurs) next();
    else this.hold(response, next);
  }

  private hold(response: Response, next: NextFunction): void {
    const leave = () => {
      clearTimeout(tooLong);
      this.waiting.delete(go);
    };
    const go = () => {
      leave();
      next();
    };
    const tooLong = setTimeout(() => {
      leave();
      sendAway(response);
    }, LONGEST_WAIT_MS);
    this.waiting.add(go);
    response.once("close", leave);
  }

  private letIn(): void {
    this.hasRun = true;
    this.isRunning = true;
    for (const [path, wanted] of this.raw) if (wanted === 0) this.raw.delete(path);
    for (const go of [...this.waiting]) go();
  }
}

function sendAway(response: Response): void {
  response
    .set({ "Retry-After": String(RETRY_AFTER_S), Connection: "close" })
    .status(503)
    .json({
      code: "service-unavailable",
      message: "The flows of this Node-RED do not run at present. Start them, and deliver again.",
    });
}
