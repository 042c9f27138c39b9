import type { Node, NodeAPI, NodeDef, NodeMessage } from "node-red";
import { DocbridgeError } from "../../core/errors";
import { endOf, type LifecycleTraits, lifecycleTraits } from "../../core/lifecycle/lifecycle";
import { renderTemplate } from "../../core/mapping/template";
import type { RecallCaps } from "../../core/recall/budget";
import type { ObjectKey } from "../../runtime/business-key";
import { names, number, text } from "../../runtime/settings";

export type Operation = "status" | "retention" | "hold" | "release" | "tier" | "recall" | "delete" | "expire" | "schedule" | "dispose";

/** As the editor stores it. Fields without another comment are Mustache templates over the message. */
export interface Config extends NodeDef {
  tenant: string;
  operation: Operation;
  findBy: "id" | "key";
  cmsType: string;
  /** Id of the object, or of one of its versions. */
  objectId: string;
  /** Attribute that holds the business key. */
  findAttribute: string;
  findValue: string;
  retainUntil: string;
  policy: string;
  basis: string;
  /** What is to happen when the retention is over; `delete` lets the object expire. */
  disposition: "delete" | "review" | "keep";
  matter: string;
  by: string;
  /** Who schedules or approves a disposition. */
  person: string;
  tier: string;
  nextTierOn: string;
  /** `bin`: into the recycle bin, `forGood`: with the bytes. */
  deletion: "bin" | "forGood";
  /** Id or name of an ACL without the rights to change and to delete; empty: holds leave the ACL alone. */
  holdAcl: string;
  /** Of the traits' system names. */
  traitPrefix: string;
  /** Config node id of the ledger that keeps promises and learns the state of objects; empty: none. */
  ledger: string;
  /** Attribute of objects that holds the key of their document. */
  keyAttribute: string;
  /** Comma-separated: tiers whose objects can be read at once. */
  onlineTiers: string;
  recallsPerMinute: string;
  /** What a recall is taken to cost until its real cost is known, in the currency of `costPerDay`. */
  costEach: string;
  /** Empty: no cap. */
  costPerDay: string;
  overBudget: "wait" | "refuse";
  askAgainSeconds: string;
  /** How long a promise is kept at most. */
  waitHours: string;
  /** A recall has a second one, for promises. */
  outputs: number;
  /** How long a hold waits for the end of a deletion that has begun. */
  waitSeconds: string;
}

/** What is the same for every message, with environment variables put in. */
export interface Settings {
  operation: Operation;
  cmsType: string;
  /** Undefined: by id. */
  key?: ObjectKey;
  keyAttribute: string;
  holdAcl: string;
  deletion: Config["deletion"];
  disposition: Config["disposition"];
  names: LifecycleTraits;
  waitMs: number;
  recall: RecallSettings;
}

export interface RecallSettings {
  onlineTiers: string[];
  caps: RecallCaps;
  overBudget: Config["overBudget"];
  askAgainMs: number;
  longestMs: number;
}

/** Throws `configuration`. */
export function readSettings(RED: NodeAPI, node: Node, config: Config): Settings {
  const read = (value: string) => text(RED, node, value);
  const cmsType = read(config.cmsType);
  const key: ObjectKey = { type: cmsType, attribute: read(config.findAttribute), value: read(config.findValue), wait: false };
  return {
    operation: config.operation,
    cmsType,
    ...(config.findBy === "key" ? { key } : {}),
    keyAttribute: read(config.keyAttribute),
    holdAcl: read(config.holdAcl),
    deletion: config.deletion,
    disposition: config.disposition,
    names: lifecycleTraits(read(config.traitPrefix)),
    waitMs: number(config.waitSeconds, "waitSeconds", 10) * 1000,
    recall: {
      onlineTiers: names(read(config.onlineTiers)),
      caps: {
        perMinute: number(read(config.recallsPerMinute), "recallsPerMinute", 60),
        costEach: number(read(config.costEach), "costEach", 0),
        costPerDay: number(read(config.costPerDay), "costPerDay", Number.POSITIVE_INFINITY),
      },
      overBudget: config.overBudget,
      askAgainMs: number(read(config.askAgainSeconds), "askAgainSeconds", 60) * 1000,
      longestMs: number(read(config.waitHours), "waitHours", 48) * 3_600_000,
    },
  };
}

/** The templates of a node, rendered for a message. Each throws `missing-metadata` or `template`, and what it says itself. */
export class Wish {
  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly config: Config,
    private readonly message: NodeMessage,
  ) {}

  needed(field: "objectId" | "findValue" | "matter" | "tier" | "person"): string {
    const value = this.render(field, "refuse");
    if (value !== "") return value;
    throw this.wrong(field, "is empty");
  }

  optional(field: "policy" | "basis" | "by"): string | undefined {
    return this.render(field, "empty") || undefined;
  }

  /** A date, or date and time, in ISO 8601. Throws `invalid-message`. */
  retainUntil(): string {
    return this.date("retainUntil", this.render("retainUntil", "refuse"));
  }

  /** As `retainUntil`. */
  nextTierOn(): string | undefined {
    const value = this.render("nextTierOn", "empty");
    return value === "" ? undefined : this.date("nextTierOn", value);
  }

  private date(field: string, value: string): string {
    if (!Number.isNaN(endOf(value))) return value;
    throw this.wrong(field, "gives no date such as 2036-12-31 or 2036-12-31T12:00:00Z");
  }

  private render(field: keyof Config, missing: "refuse" | "empty"): string {
    const template = text(this.RED, this.node, this.config[field]);
    return renderTemplate(template, this.message, { name: field, missing }).trim();
  }

  private wrong(field: string, what: string): DocbridgeError {
    return new DocbridgeError("invalid-message", { message: `The field '${field}' ${what} for this message.`, subject: field });
  }
}
