import { demoWorld } from "../demo-world";
import type { SandboxApp } from "../kernel/app";
import type { Exchange } from "../kernel/exchange";
import type { Identity } from "../kernel/identity";
import { Authentication } from "./auth";
import { ClientTokens } from "./client-tokens";
import { auditTypes } from "./model/audit-types";
import { builtinTypes } from "./model/builtin-types";
import { demoTypes } from "./model/demo-types";
import { personalTypes } from "./model/personal-types";
import { Repository } from "./model/repository";
import type { TypeSpec } from "./model/types";
import { workflowTypes } from "./model/workflow-types";
import { followSharedParents } from "./operations/lightweight";
import { runRetentionJob } from "./operations/retention-job";
import { releaseFinishedLocks } from "./operations/versioning";
import { mountAcls } from "./resources/acls";
import { mountArchives } from "./resources/archives";
import { mountAspects } from "./resources/aspects";
import { mountAudit } from "./resources/audit";
import { mountAuditPolicies } from "./resources/audit-policies";
import { mountBatches } from "./resources/batches";
import { mountComments } from "./resources/comments";
import { mountContents } from "./resources/contents";
import { mountEntry } from "./resources/entry";
import { mountFolderLinks } from "./resources/folder-links";
import { mountFormats } from "./resources/formats";
import { mountGroups } from "./resources/groups";
import { mountInbox } from "./resources/inbox";
import { mountLifecycles } from "./resources/lifecycles";
import { mountLightweight } from "./resources/lightweight";
import { mountLocations } from "./resources/locations";
import { ACS_PATH, Acs } from "./resources/media";
import { mountObjects } from "./resources/objects";
import { mountPreferences } from "./resources/preferences";
import { mountRelated } from "./resources/related";
import { mountRelations } from "./resources/relations";
import { mountSavedSearches } from "./resources/saved-searches";
import { mountSearch } from "./resources/search";
import { mountSiteRetention } from "./resources/site-retention";
import { mountSnapshots } from "./resources/snapshots";
import { mountSubscriptions } from "./resources/subscriptions";
import { mountTypes } from "./resources/types";
import { mountUsers } from "./resources/users";
import { mountVersions } from "./resources/versions";
import { mountVirtualDocuments } from "./resources/virtual-documents";
import { mountWorkItems } from "./resources/work-items";
import { mountWorkQueues } from "./resources/work-queues";
import { mountWorkflowTemplates } from "./resources/workflow-templates";
import { mountWorkflows } from "./resources/workflows";
import { Router } from "./router";
import { seed } from "./seed";
import { DocumentumSwitches } from "./switches";
import { type Call, flag, type Reply } from "./wire/call";
import { badRequest, Failure, notFound } from "./wire/failures";
import { Hrefs, splitSuffix } from "./wire/hrefs";
import { bodyOf, sendReply } from "./wire/http";
import { nameFromPath } from "./wire/names";
import { demandAcceptable, failureReply, represented, wantedAt, wantedBy } from "./wire/represent";

const SERVICE = "documentum";
const CONTEXT = demoWorld.documentum.contextPath;

export interface DocumentumOptions {
  /** Types of a site on top of the built-in and demo ones; super types before sub types. */
  types?: TypeSpec[];
}

/**
 * Mounts the Documentum REST stand-in under `/dctm-rest`, with one repository named `demo`, and its content server
 * for pre-signed downloads under `/ACS`. State is in the app's store `documentum`. Written from wire/documentum.md.
 */
export function mountDocumentum(app: SandboxApp, identity: Identity, options: DocumentumOptions = {}): void {
  const standIn = new StandIn(app, identity, options);
  app.failWith(SERVICE, (exchange, status, text) => {
    standIn.refuse(exchange, new Failure(status, status === 404 ? "E_RESOURCE_NOT_FOUND" : "E_REQUEST_FAILED", text));
  });
  for (const method of ["GET", "POST", "PUT", "DELETE"])
    app.route(SERVICE, method, `${CONTEXT}/*rest`, (exchange) => standIn.serve(exchange));
  app.route(SERVICE, "GET", ACS_PATH, (exchange) => standIn.serveMedia(exchange));
  app.onExpireTokens(() => standIn.tokens.expireAll());
  app.onClose(() => standIn.ready.catch(() => {}));
}

class StandIn {
  readonly switches: DocumentumSwitches;
  readonly tokens: ClientTokens;
  /** Resolves when the repository is filled; requests wait for it. */
  readonly ready: Promise<void>;
  private readonly router = new Router();
  private readonly repository: Repository;
  private readonly acs: Acs;
  private readonly authentication: Authentication;

  constructor(app: SandboxApp, identity: Identity, options: DocumentumOptions) {
    this.switches = new DocumentumSwitches(app.switches);
    this.tokens = new ClientTokens(this.switches, app.now);
    this.authentication = new Authentication(identity, this.tokens, this.switches);
    const types = [...builtinTypes, ...auditTypes, ...personalTypes, ...workflowTypes, ...demoTypes, ...(options.types ?? [])];
    this.repository = new Repository(demoWorld.documentum.repository, app.store(SERVICE), this.switches, app.now, types);
    this.acs = new Acs(this.repository);
    this.mountResources(identity);
    releaseFinishedLocks(this.repository);
    followSharedParents(this.repository);
    app.onClose(runRetentionJob(this.repository));
    this.ready = this.repository.contents.discardAbandoned().then(() => seed(this.repository));
    // Whoever waits for it sees the failure; without anybody it must not end the process.
    this.ready.catch(() => {});
  }

  async serve(exchange: Exchange): Promise<void> {
    await this.ready;
    await this.answering(exchange, async () => {
      const call = this.callOf(exchange);
      if (call.path === "/logout") return this.logout(exchange, call);
      const login = this.isProtected(call.path) ? this.authentication.login(exchange) : undefined;
      if (login) call.user = this.repository.user(login.user);
      const operation = this.router.find(call);
      if (call.params.repository !== undefined && nameFromPath(call.params.repository) !== this.repository.name)
        throw notFound("The repository");
      demandAcceptable(wantedBy(call));
      if (flag(call, "require-dc-write", false)) throw badRequest("Distributed writing of content is not offered by this server.");
      const reply = represented(await operation(call), wantedBy(call));
      return login ? { ...reply, headers: { ...login.headers, ...reply.headers } } : reply;
    });
  }

  /** Ends a client-token session and sends the client back to the start (10.4). */
  private logout(exchange: Exchange, call: Call): Reply {
    this.tokens.logout(exchange);
    return { status: 302, headers: { Location: call.hrefs.top("/services") } };
  }

  async serveMedia(exchange: Exchange): Promise<void> {
    await this.ready;
    await this.answering(exchange, async () => this.acs.download(/\?(.*)$/s.exec(exchange.req.url ?? "")?.[1] ?? ""));
  }

  private async answering(exchange: Exchange, answer: () => Promise<Reply>): Promise<void> {
    try {
      const reply = await answer();
      // What a handler left unread would keep the connection busy.
      exchange.req.resume();
      await sendReply(exchange, reply);
    } catch (error) {
      if (error instanceof Failure) this.refuse(exchange, error);
      else if (error instanceof URIError) this.refuse(exchange, badRequest("The address is not correctly encoded."));
      else throw error;
    }
  }

  /** Answers with a failure; what is left of the request's body is read away. */
  refuse(exchange: Exchange, failure: Failure): void {
    exchange.req.resume();
    const wanted = wantedAt(exchange.path.slice(CONTEXT.length), (name) => exchange.header(name));
    void sendReply(exchange, failureReply(failure, this.switches, wanted));
  }

  private mountResources(identity: Identity): void {
    const { router, repository, acs } = this;
    mountEntry(router, repository);
    mountObjects(router, repository);
    mountContents(router, repository, acs);
    mountVersions(router, repository);
    mountFolderLinks(router, repository);
    mountTypes(router, repository);
    mountFormats(router, repository);
    mountRelations(router, repository);
    mountAcls(router, repository);
    mountUsers(router, repository);
    mountGroups(router, repository);
    mountWorkflowTemplates(router, repository);
    mountWorkflows(router, repository);
    mountInbox(router, repository, identity);
    mountWorkItems(router, repository);
    mountWorkQueues(router, repository);
    mountLightweight(router, repository);
    mountLocations(router, repository);
    mountRelated(router, repository);
    mountSearch(router, repository);
    mountSavedSearches(router, repository);
    mountComments(router, repository);
    mountPreferences(router, repository);
    mountSubscriptions(router, repository);
    mountVirtualDocuments(router, repository);
    mountSnapshots(router, repository);
    mountArchives(router, repository);
    mountLifecycles(router, repository);
    mountAudit(router, repository);
    mountAuditPolicies(router, repository);
    mountAspects(router, repository);
    mountSiteRetention(router, repository);
    mountBatches(router, repository);
  }

  private callOf(exchange: Exchange): Call {
    const below = exchange.path.slice(CONTEXT.length).replace(/(?<=.)\/$/, "");
    const { path, suffix } = splitSuffix(below);
    const origin = `http://${exchange.header("host") ?? "127.0.0.1"}`;
    return {
      method: exchange.req.method === "HEAD" ? "GET" : (exchange.req.method ?? "GET"),
      path,
      query: exchange.query,
      params: {},
      header: (name) => exchange.header(name),
      body: bodyOf(exchange),
      hrefs: new Hrefs(origin, `${origin}${CONTEXT}`, this.repository.name, suffix, exchange.req.url ?? ""),
      damage: exchange.damage,
    };
  }

  /** Home, product info and (by default) the list of repositories need no credentials (4.1). */
  private isProtected(path: string): boolean {
    if (path.startsWith("/search")) return true;
    return path.startsWith("/repositories/") || (path === "/repositories" && this.switches.isOn("repositories-need-credentials"));
  }
}
