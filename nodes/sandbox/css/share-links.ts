import { randomUUID } from "node:crypto";
import type { SandboxApp } from "../kernel/app";
import type { Exchange } from "../kernel/exchange";
import type { ContentStore } from "./content-store";
import { type CssHandler, notFound, Problem } from "./problem";
import { checkObject, recordOf } from "./routes-v2";

interface ShareLink {
  id: string;
  blobId: string;
  objectId: string;
  expiry: string;
  /** A password was given. The password itself is not kept: no route of the contract opens the link. */
  secured: boolean;
}

/** How long a link without `expiry` lasts: [UNKNOWN], so ours. */
const DEFAULT_LIFETIME_MS = 30 * 24 * 3600 * 1000;

/** S5 of wire/css.md section 13, under one mount point. */
export function addShareLinkRoutes(
  app: SandboxApp,
  contents: ContentStore,
  add: (method: string, path: string, handler: CssHandler) => void,
  mount: string,
): void {
  const links = contents.store.collection<ShareLink>("share-link");
  const path = `${mount}/v2/content/:id/publicShareUrl`;
  const linkOf = (exchange: Exchange): ShareLink => {
    const link = links.get(exchange.param("url"));
    if (!link || link.blobId !== recordOf(contents, exchange).blobId) throw notFound();
    return link;
  };
  const present = (exchange: Exchange, link: ShareLink): object => {
    const contentId = contents.idOf(recordOf(contents, exchange));
    return {
      id: link.id,
      issuedToken: "",
      uri: contentId,
      objectId: link.objectId,
      serviceId: "css",
      expiry: link.expiry,
      secured: link.secured,
      _links: {
        self: { href: `${app.origin}${mount}/v2/content/${contentId}/publicShareUrl/${link.id}` },
        token: { href: `${app.origin}${mount}/v2/share/${link.id}/token` },
      },
    };
  };

  add("POST", path, async (exchange) => {
    const record = recordOf(contents, exchange);
    checkObject(exchange, record);
    const objectId = exchange.query.get("object-id") ?? record.objectIds.at(-1);
    // One client found that links need an object of the metadata service (wire/css.md 3.5); the status is ours.
    if (!objectId) throw new Problem(400, "The content is not referenced by an object of the metadata service");
    const wish = await readWish(exchange);
    const expiry = wish.expiry ?? new Date(app.now() + DEFAULT_LIFETIME_MS).toISOString();
    const link: ShareLink = { id: randomUUID(), blobId: record.blobId, objectId, expiry, secured: Boolean(wish.password) };
    links.put(link.id, link);
    exchange.json(201, present(exchange, link));
  });
  add("GET", `${path}/:url`, (exchange) => exchange.json(200, present(exchange, linkOf(exchange))));
  add("PUT", `${path}/:url`, async (exchange) => {
    const link = linkOf(exchange);
    const { expiry } = await readWish(exchange);
    if (!expiry) throw new Problem(400, "expiry is missing");
    exchange.json(200, present(exchange, links.put(link.id, { ...link, expiry })));
  });
  add("DELETE", `${path}/:url`, (exchange) => {
    links.delete(linkOf(exchange).id);
    exchange.send(204, undefined);
  });
}

async function readWish(exchange: Exchange): Promise<{ password?: string; expiry?: string }> {
  const text = await exchange.text();
  let wish: { password?: unknown; expiry?: unknown };
  try {
    wish = text === "" ? {} : JSON.parse(text);
  } catch {
    throw new Problem(400, "The request body is not JSON");
  }
  const { password, expiry } = wish ?? {};
  if (expiry !== undefined && (typeof expiry !== "string" || Number.isNaN(Date.parse(expiry)))) {
    throw new Problem(400, "expiry must be a date and time");
  }
  return { password: password === undefined ? undefined : String(password), expiry };
}
