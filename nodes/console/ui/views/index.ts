import type { ComponentType } from "preact";
import type { IconName } from "../components/icon.tsx";
import type { TextKey } from "../i18n.ts";
import { Audit } from "./audit.tsx";
import { Documents } from "./documents.tsx";
import { Failures } from "./failures.tsx";
import { Holds } from "./holds.tsx";
import { Live } from "./live.tsx";
import { Tables } from "./tables.tsx";

/** What a view is told of the address. */
export interface ViewProps {
  item: string | undefined;
  query: URLSearchParams;
}

interface View {
  component: ComponentType<ViewProps>;
  title: TextKey;
  /** Where the title is too long for the bar of a phone. */
  shortTitle?: TextKey;
  icon: IconName;
  /** Figure beside its name in the rail. */
  count?: "quarantined" | "held";
}

const live: View = { component: Live, title: "live.title", icon: "live" };

/** By their name in the address, in the order of the rail. */
export const views: { live: View; [name: string]: View } = {
  live,
  failures: { component: Failures, title: "failures.title", icon: "failures", count: "quarantined" },
  documents: { component: Documents, title: "documents.title", icon: "documents" },
  holds: { component: Holds, title: "holds.title", icon: "holds", count: "held" },
  tables: { component: Tables, title: "tables.title", shortTitle: "frame.nav.tables", icon: "tables" },
  audit: { component: Audit, title: "audit.title", icon: "audit" },
};

/** The view that an address names; `live` when it names none. */
export function viewOf(name: string): string {
  return Object.hasOwn(views, name) ? name : "live";
}
