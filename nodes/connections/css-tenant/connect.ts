import type { NodeAPI } from "node-red";
import { CmsClient } from "../../clients/cms/cms";
import { CssClient } from "../../clients/css/css";
import type { ConnectionOptions } from "../../clients/http/session";
import { DocbridgeError } from "../../core/errors";
import { builtinSandbox } from "../../runtime/builtin-sandbox";
import {
  type ConnectionConfig,
  type ConnectionOwner,
  connectionOptions,
  required,
  sandboxCredentials,
} from "../../runtime/connection-options";
import { flag, number, text } from "../../runtime/settings";

export interface Config extends ConnectionConfig {
  apiVersion: "v2" | "v3";
  cssUrl: string;
  cmsUrl: string;
  tenant: string;
  avsScan: boolean;
}

export interface Clients {
  css: CssClient;
  cms: CmsClient;
}

/** Clients for what the dialog says. Throws `configuration`. */
export async function connect(RED: NodeAPI, node: ConnectionOwner, config: Config): Promise<Clients> {
  const { apiVersion } = config;
  const avsScan = flag(config.avsScan, true);
  if (flag(config.sandbox, true)) {
    const { otds, css, cms } = await builtinSandbox(RED);
    const options: ConnectionOptions = {
      credentials: sandboxCredentials(otds),
      maxConcurrent: Math.max(1, number(config.parallel, "parallel", 8)),
      // The limit is the real service's; the sandbox has none.
      ratePerSecond: 0,
    };
    return {
      css: new CssClient({ ...options, baseUrl: css.baseUrl, tenant: css.tenant, apiVersion, avsScan }),
      cms: new CmsClient({ ...options, baseUrl: cms.baseUrl }),
    };
  }
  const options = connectionOptions(RED, node, config);
  // CMS documents a limit of requests a second, CSS none (wire/css.md section 5).
  const { ratePerSecond: _cmsOnly, ...cssOptions } = options;
  const tenant = text(RED, node, config.tenant);
  const cssUrl = required(text(RED, node, config.cssUrl), "cssUrl");
  // Media links of CMS lead to the CSS host.
  const trustedOrigins = URL.canParse(cssUrl) ? [new URL(cssUrl).origin] : [];
  return {
    css: new CssClient({
      ...cssOptions,
      baseUrl: cssUrl,
      tenant: tenant || undefined,
      apiVersion,
      avsScan,
    }),
    cms: new CmsClient({ ...options, trustedOrigins, baseUrl: required(text(RED, node, config.cmsUrl), "cmsUrl") }),
  };
}

/** An id that no content has. */
const NOBODYS = "docbridge-connection-test";

/** Proves addresses, sign-in and the right to read at both services. Throws DocbridgeError. */
export async function probe({ css, cms }: Clients): Promise<string> {
  await cms.listTypes();
  try {
    await css.hashContent(NOBODYS);
  } catch (thrown) {
    // The service answered, and knows who asks: that it has no such content is the right answer.
    if (!(thrown instanceof DocbridgeError && thrown.status !== undefined && [400, 404].includes(thrown.status))) throw thrown;
  }
  return "CSS, CMS";
}

export function close({ css, cms }: Clients): void {
  css.close();
  cms.close();
}
