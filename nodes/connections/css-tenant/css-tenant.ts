import type { NodeAPI } from "node-red";
import { CmsClient } from "../../clients/cms";
import { CssClient } from "../../clients/css";
import type { ConnectionOptions } from "../../clients/session";
import { builtinSandbox } from "../../runtime/builtin-sandbox";
import {
  CONNECTION_CREDENTIALS,
  type ConnectionConfig,
  type ConnectionSecrets,
  connectionOptions,
  required,
} from "../../runtime/connection-options";
import { type CssTenantNode, Kept, TYPE_KEPT_MS } from "../../runtime/connections";
import { onClose } from "../../runtime/input";
import { Loans, RETURN_MS } from "../../runtime/loans";
import { flag, number, text } from "../../runtime/settings";

interface Config extends ConnectionConfig {
  apiVersion: "v2" | "v3";
  cssUrl: string;
  cmsUrl: string;
  tenant: string;
  avsScan: boolean;
}

interface Clients {
  css: CssClient;
  cms: CmsClient;
}

/** Config node: a connection to one tenant of CSS and CMS, or to the built-in sandbox. */
export = function register(RED: NodeAPI): void {
  function CssTenant(this: CssTenantNode, config: Config): void {
    RED.nodes.createNode(this, config);
    const { apiVersion } = config;
    this.apiVersion = apiVersion;
    let clients: Promise<Clients> | undefined;

    const connect = async (): Promise<Clients> => {
      const avsScan = flag(config.avsScan, true);
      if (flag(config.sandbox, true)) {
        const { otds, css, cms } = await builtinSandbox(RED);
        const { tokenUrl, clientId, clientSecret } = otds;
        const options: ConnectionOptions = {
          credentials: {
            kind: "oauth2",
            tokenUrl,
            grant: "client_credentials",
            clientId,
            clientSecret,
            bodyFormat: "form",
            clientAuth: "body",
          },
          maxConcurrent: Math.max(1, number(config.parallel, "parallel", 8)),
          // The limit is the real service's; the sandbox has none.
          ratePerSecond: 0,
        };
        return {
          css: new CssClient({ ...options, baseUrl: css.baseUrl, tenant: css.tenant, apiVersion, avsScan }),
          cms: new CmsClient({ ...options, baseUrl: cms.baseUrl, prefix: "" }),
        };
      }
      const options = connectionOptions(RED, this, config);
      // CMS documents a limit of requests a second, CSS none (wire/css.md section 5).
      const { ratePerSecond: _cmsOnly, ...cssOptions } = options;
      const tenant = text(RED, this, config.tenant);
      const cssUrl = required(text(RED, this, config.cssUrl), "cssUrl");
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
        cms: new CmsClient({ ...options, trustedOrigins, baseUrl: required(text(RED, this, config.cmsUrl), "cmsUrl"), prefix: "" }),
      };
    };

    const connected = (): Promise<Clients> => {
      clients ??= connect();
      return clients;
    };
    this.css = async () => (await connected()).css;
    this.cms = async () => (await connected()).cms;
    const types = new Kept(TYPE_KEPT_MS, async (name) => (await this.cms()).getTypeDefinition(name));
    this.targetType = (name) => types.get(name);
    this.typeNames = async () => (await this.cms()).listTypes();
    const loans = new Loans();
    this.lend = (work) => loans.lend(work);
    onClose(this, async () => {
      await loans.returned(RETURN_MS);
      const open = await clients?.catch(() => undefined);
      open?.css.close();
      open?.cms.close();
    });
  }

  RED.nodes.registerType<CssTenantNode, Config, object, ConnectionSecrets>("css-tenant", CssTenant, {
    credentials: CONNECTION_CREDENTIALS,
  });
};
