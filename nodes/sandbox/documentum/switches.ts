import type { Switches, SwitchValue } from "../kernel/switches";

const OURS = "our choice, the contract leaves it open";

/**
 * What wire/documentum.md marks [UNKNOWN], [INF] or a matter of a site's configuration. Each is a switch, so that
 * tests can show where a client depends on it (rule 20 of section 2). Name -> default and meaning.
 */
const DECLARED = {
  "repositories-need-credentials": [false, "401 on /repositories without credentials (section 4.1)"],
  "repository-id-as-text": [false, "id of the repository resource as a string instead of a number (section 4.4)"],
  "custom-unauth-hides-challenge": [false, `DOCUMENTUM-CUSTOM-UNAUTH-SCHEME leaves WWW-Authenticate out (10.2): ${OURS}`],
  "client-token": [false, "client-token mode: cookie, renewal, CSRF (10.4)"],
  "client-token-header": ["", "name of a header that carries the client token both ways; empty: none (10.4)"],
  "client-token-seconds": [3600, "lifetime of a client token, renewed on use (10.4)"],
  csrf: [true, "CSRF token demanded on POST, PUT and DELETE in client-token mode (10.4)"],
  "csrf-status": [403, "status of a missing or wrong CSRF token (10.4, [INF])"],
  etag: [true, "ETag, If-None-Match and If-Match on single objects and contents (22.4); off: a server before 16.4"],
  "stale-etag-status": [412, "status of a stale If-Match (22.4, by exception name only)"],
  "items-above-maximum": ["clamp", `items-per-page above 1000: clamp, or refuse with 400 (section 8): ${OURS}`],
  "location-of-documents": ["documents", "kind in the Location of a created document: documents or objects (section 11)"],
  "create-status": [201, "status of a successful create; clients take 200 and 201 alike (1.10)"],
  "checkin-status": [201, "status of a successful check-in (section 13, [INF])"],
  "permission-as-text": [false, "basic-permission as a word (the Java client's model) instead of a number (16.5)"],
  "path-exists-status": [400, `status of DM_FOLDER_E_PATH_EXISTS (section 11): ${OURS}`],
  "already-linked-status": [400, `status of ..._ALREADY_LINKED (16.1): ${OURS}`],
  "content-exists-status": [400, `status when overwrite=false meets existing content (12.4): ${OURS}`],
  "lock-refusal-status": [400, `status of every refusal that a lock, or its absence, causes (section 13): ${OURS}`],
  "workflow-refusal-status": [400, `status of what the state of a workflow or task forbids (section 19): ${OURS}`],
  "lifecycle-refusal-status": [400, `status of a lifecycle operation that the object's state forbids (section 18): ${OURS}`],
  "retention-refusal-status": [403, `status of a refusal because of retention; 400, 403 and 500 are plausible (20.5): ${OURS}`],
  "retained-properties-fixed": [false, "retention also forbids changing attributes (20.5)"],
  "retained-versions-refused": [true, `retention also forbids checking out and checking in (20.5): ${OURS}`],
  "retention-failure-rate": [0, "share of objects (0 to 1) whose retention cannot be applied; the object's name decides which"],
  "retention-failure-seed": ["", "another text lets other objects fail"],
  "retention-failure-mode": ["refuse", "refuse: the request that would retain fails; silent: it succeeds and nothing is retained"],
  "retention-failure-status": [500, `status of that refusal: ${OURS}`],
  "retention-extension": [true, "the site's own endpoint {R}/demo-retention, which is no part of the product (20.4)"],
  "retention-job-seconds": [
    -1,
    "a server-side job retains objects whose retention_class names a policy after so many seconds (20.4); -1: there is none",
  ],
  "overwrite-by-default": [false, "what an absent overwrite means; the sources disagree (12.4)"],
  "length-unit": ["characters", `string lengths count characters or bytes (UTF-8): ${OURS}`],
  "enforce-data-dictionary": [false, "refuse a missing required attribute and a value outside a closed list (section 14: off by default)"],
  "validation-parameter": [
    "",
    "query parameter by which a request asks for validation: obj, attrs, modified_attrs ...; its name is unknown (section 14)",
  ],
  acs: [true, "an ACS is there: dc-pref gives a pre-signed URL, dc-only works (12.3)"],
  "acs-seconds": [360, "life of a pre-signed URL, in seconds (12.2 expire_delta)"],
  ranges: [true, "206 for Range on downloads (12.3, [INF])"],
  "full-text": [true, "the full-text engine is available (15.2)"],
  cce: [false, "a contextual content engine is there: related documents, suggestions, terms (section 25)"],
  "full-text-contents": [true, "words are looked for in text contents as well, not only in attributes (15.2)"],
  "full-text-status": [503, `status when it is not (15.2): ${OURS}`],
  "batch-status": [201, "status of a batch that was carried out; clients take 200 and 201 alike (21.2)"],
  "batch-failure-status": [0, `status of a transactional batch that was taken back; 0: that of the operation that failed (21.2): ${OURS}`],
  "batch-unrun-state": ["HALTED", `state of the operations after a failed one with on-error FAIL (21.2): ${OURS}`],
  "batch-max-operations": [0, `operations a batch may have at most; more are refused with 400; 0: no limit (21.4): ${OURS}`],
  "error-details": [true, "details in error bodies; off: a site that suppresses them (22.1)"],
} as const satisfies Record<string, readonly [SwitchValue, string]>;

type Name = keyof typeof DECLARED;

/** The stand-in's switches under `documentum.<name>`, read anew at every use. */
export class DocumentumSwitches {
  constructor(private readonly switches: Switches) {
    for (const [name, [initial, help]] of Object.entries(DECLARED)) switches.declare(`documentum.${name}`, initial, help);
  }

  isOn(name: Name): boolean {
    return this.switches.get(`documentum.${name}`) === true;
  }

  number(name: Name): number {
    return Number(this.switches.get(`documentum.${name}`));
  }

  text(name: Name): string {
    return String(this.switches.get(`documentum.${name}`));
  }
}
