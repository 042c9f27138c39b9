import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Router } from "../router";
import { type Call, demandMembers, json, objectBody, type Reply, userOf } from "../wire/call";
import { badRequest } from "../wire/failures";
import { LR, resourceText } from "../wire/hrefs";
import { entriesFeed } from "../wire/simple-feed";
import { demandAdministrator, recordsOf } from "./plain-objects";

const PATH = "/repositories/:repository/audit-policies";

/** Audit policies: kept and shown, for the install owner only (wire/documentum.md section 17). */
export function mountAuditPolicies(router: Router, repository: Repository): void {
  router.on("GET", PATH, (call) => {
    demandAdministrator(call);
    return entriesFeed(repository, call, "Audit policies", recordsOf(repository, "dm_audit_policy"), (policy) => ({
      src: addressOf(call, policy),
      title: String(policy.values.name),
      text: () => policyText(call, policy),
    }));
  });
  router.on("POST", PATH, async (call) => {
    const policy = repository.add("dm_audit_policy", await readPolicy(call));
    return json(201, policyText(call, policy), { Location: addressOf(call, policy) });
  });
  router.on("GET", `${PATH}/:id`, (call) => {
    demandAdministrator(call);
    return json(200, policyText(call, policyOf(repository, call)));
  });
  router.on("POST", `${PATH}/:id`, async (call) => {
    const changes = await readPolicy(call);
    return json(200, policyText(call, repository.save(policyOf(repository, call), changes, userOf(call))));
  });
  router.on("DELETE", `${PATH}/:id`, (call): Reply => {
    demandAdministrator(call);
    repository.objects.delete(policyOf(repository, call).id);
    return { status: 204 };
  });
}

function policyOf(repository: Repository, call: Call): ObjectRecord {
  return repository.object(call.params.id ?? "", "dm_audit_policy");
}

function addressOf(call: Call, { id }: ObjectRecord): string {
  return call.hrefs.at(`/audit-policies/${id}`);
}

async function readPolicy(call: Call): Promise<Record<string, string | boolean>> {
  demandAdministrator(call);
  const body = await objectBody(call);
  demandMembers(body, ["name", "accessor-name", "is-group", "attribute-rules", "links"]);
  const { name, "accessor-name": accessor, "is-group": isGroup = false, "attribute-rules": rules = {} } = body;
  if (typeof name !== "string" || name === "") throw badRequest("The member 'name' is needed.");
  if (typeof accessor !== "string" || accessor === "") throw badRequest("The member 'accessor-name' is needed.");
  return { name, accessor_name: accessor, is_group: isGroup === true, attribute_rules: JSON.stringify(rules) };
}

function policyText(call: Call, policy: ObjectRecord): string {
  const { values } = policy;
  const members = {
    name: values.name,
    "accessor-name": values.accessor_name,
    "is-group": values.is_group,
    "attribute-rules": JSON.parse(String(values.attribute_rules)) as object,
  };
  const self = addressOf(call, policy);
  return resourceText(members, [
    { rel: "self", href: self },
    { rel: "edit", href: self },
    { rel: `${LR}delete`, href: self },
  ]);
}
