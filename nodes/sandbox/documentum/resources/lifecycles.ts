import { nameOf } from "../model/folder-tree";
import { type LifecyclePosition, type LifecycleState, statesOf } from "../model/lifecycles";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { attachLifecycle, demandPosition, detachLifecycle, type Transition, targetOf, transit } from "../operations/lifecycle";
import type { Router } from "../router";
import { type Call, demandMembers, flag, json, objectBody, type Reply, userOf } from "../wire/call";
import { type Link, LR, resourceText } from "../wire/hrefs";
import { entriesFeed } from "../wire/simple-feed";

const R = "/repositories/:repository";
const TRANSITIONS: Transition[] = ["promotion", "demotion", "suspension", "resumption"];
/** What official clients send along (rule 15 of wire/documentum.md section 2), and what a client read and sends back. */
const MEMBERS = [
  ..."lifecycle-id lifecycle-name current-state aliasset-name previous-state next-state resume-state schedules links".split(" "),
  ..."able-to-promote able-to-demote able-to-suspend able-to-resume".split(" "),
];

/** Lifecycles, and an object's place in one (wire/documentum.md section 18). The addresses below `/lifecycle` are our choice. */
export function mountLifecycles(router: Router, repository: Repository): void {
  const place = `${R}/objects/:id/lifecycle`;
  router.on("GET", `${R}/lifecycles`, (call) => list(repository, call));
  router.on("GET", `${R}/lifecycles/:id`, (call) => {
    return json(200, lifecycleText(call, repository.object(call.params.id ?? "", "dm_policy")));
  });
  router.on("GET", place, (call) => placeReply(repository, call, objectOf(repository, call)));
  router.on("PUT", place, async (call) => {
    const body = await objectBody(call);
    demandMembers(body, MEMBERS);
    return placeReply(repository, call, attachLifecycle(repository, userOf(call), objectOf(repository, call), body));
  });
  router.on("DELETE", place, (call) => {
    detachLifecycle(repository, userOf(call), objectOf(repository, call));
    return { status: 204 };
  });
  for (const transition of TRANSITIONS) {
    router.on("PUT", `${place}/${transition}`, (call) => {
      const moved = transit(repository, userOf(call), objectOf(repository, call), transition, flag(call, "trial", false));
      return placeReply(repository, call, moved);
    });
  }
}

function objectOf(repository: Repository, call: Call): ObjectRecord {
  const record = repository.object(call.params.id ?? "", "dm_sysobject");
  repository.permits.demand(userOf(call), record, "browse");
  return record;
}

/** `object-id` or `object-type` asks for those that may be attached. */
function list(repository: Repository, call: Call): Reply {
  const id = call.query.get("object-id");
  const type = id ? repository.object(id, "dm_sysobject").type : call.query.get("object-type");
  const chosen = [...repository.lifecycles.all()].filter((one) => !type || repository.lifecycles.takes(one, type));
  return entriesFeed(repository, call, "Lifecycles", chosen, (lifecycle) => ({
    src: call.hrefs.at(`/lifecycles/${lifecycle.id}`),
    title: nameOf(lifecycle),
    text: () => lifecycleText(call, lifecycle),
  }));
}

function lifecycleText(call: Call, lifecycle: ObjectRecord): string {
  const { values, id } = lifecycle;
  const { hrefs } = call;
  const owner = String(values.owner_name ?? "");
  const members = {
    id,
    name: nameOf(lifecycle),
    title: values.title ?? "",
    subject: values.subject ?? "",
    keywords: values.keywords ?? null,
    owner,
    created: values.r_creation_date,
    modified: values.r_modify_date,
    "implementation-type": "JAVA",
    "version-labels": ["1.0", "CURRENT"],
    "alias-sets": null,
    "type-inclusions": ((values.included_type as string[] | undefined) ?? []).map((type, at) => ({
      type,
      "include-subtype": (values.include_subtypes as boolean[] | undefined)?.[at] ?? false,
    })),
    status: "INSTALLED",
    "status-message": "",
    states: statesOf(lifecycle).map(stateMembers),
  };
  const links: Link[] = [
    { rel: "self", href: hrefs.at(`/lifecycles/${id}`) },
    { rel: `${LR}owner`, href: hrefs.user(owner) },
    { rel: `${LR}permission-set`, href: hrefs.at(`/objects/${id}/permission-set`) },
    { rel: `${LR}permissions`, href: hrefs.at(`/objects/${id}/permissions`) },
    { rel: `${LR}type`, href: hrefs.type(lifecycle.type) },
  ];
  return resourceText(members, links);
}

function stateMembers(state: LifecycleState): object {
  return {
    name: state.name,
    type: state.exceptional ? "exceptional" : "normal",
    description: state.description,
    exceptional: state.exceptional,
    "exception-state": state.exceptionState,
    "allow-attach": state.allowAttach,
    "allow-schedule": state.allowSchedule,
    "allow-return-to-base": state.returnToBase,
    "allow-demote": state.allowDemote,
    no: state.index,
    index: state.index,
  };
}

function placeReply(repository: Repository, call: Call, record: ObjectRecord): Reply {
  const position = demandPosition(repository, record);
  const able = (transition: Transition): boolean => targetOf(position, transition) !== undefined;
  const members = {
    "lifecycle-id": position.lifecycle.id,
    "lifecycle-name": nameOf(position.lifecycle),
    "aliasset-name": "",
    "current-state": position.current.name,
    "previous-state": position.previous?.name ?? "",
    "next-state": position.next?.name ?? "",
    "resume-state": position.resume?.name ?? "",
    "able-to-promote": able("promotion"),
    "able-to-demote": able("demotion"),
    "able-to-suspend": able("suspension"),
    "able-to-resume": able("resumption"),
    schedules: null,
  };
  return json(200, resourceText(members, placeLinks(repository, call, record, position)));
}

/** Transitions only when they are possible, to this user too. */
function placeLinks(repository: Repository, call: Call, record: ObjectRecord, position: LifecyclePosition): Link[] {
  const { hrefs } = call;
  const place = hrefs.at(`/objects/${record.id}/lifecycle`);
  const may = repository.permits.allows(userOf(call), record, "write");
  const possible = may ? TRANSITIONS.filter((transition) => targetOf(position, transition)) : [];
  return [
    { rel: "self", href: place },
    ...(may ? [{ rel: `${LR}delete`, href: place }] : []),
    ...possible.map((transition) => ({ rel: LR + transition, href: hrefs.at(`/objects/${record.id}/lifecycle/${transition}`) })),
    { rel: `${LR}lifecycle`, href: hrefs.at(`/lifecycles/${position.lifecycle.id}`) },
    { rel: "parent", href: hrefs.object("objects", record.id) },
  ];
}
