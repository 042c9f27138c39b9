/** Settings of nodes, as older versions of the package stored them. Imports nothing, for the editor uses it too. */

/** What a node stores, as in a flow file. */
type Settings = Readonly<Record<string, unknown>>;

/** What a step could not carry over, for a person to decide. */
interface Told {
  /** Below `upgrade.told.` of the editor's texts. */
  key: "createCabinet" | "verifyNone";
  /** The same for the log. */
  message: string;
}

/** From the settings of one version to those of the next; changes nothing of what it is given. */
type Step = (settings: Settings) => { settings: Settings; told?: Told[] };

const VERIFY_NONE: Told = {
  key: "verifyNone",
  message:
    "'Verify' was set to no check, which is offered no more: documents are read back now. Choose another way of verifying if that is too much.",
};

const CREATE_CABINET: Told = {
  key: "createCabinet",
  message: "'Create cabinet' is a setting of the Documentum connection now, and is switched on there if cabinets are to be created.",
};

/** Without a check no document is ever closed: where none was chosen, the default takes its place. */
const verifies: Step = (settings) =>
  settings.verify === "none" ? { settings: { ...settings, verify: "read-back" }, told: [VERIFY_NONE] } : { settings };

const withoutCreateCabinet: Step = ({ createCabinet, ...settings }) => ({
  settings,
  ...(createCabinet === true || createCabinet === "true" ? { told: [CREATE_CABINET] } : {}),
});

/**
 * For each type of node what brings its settings from version 1 to 2, from 2 to 3, and so on. A step is never changed once it
 * was released. A property that only was added needs none: its default does what the node did without it.
 */
const STEPS: Readonly<Record<string, readonly Step[]>> = {
  "css-store": [verifies],
  "documentum-archive": [
    (settings) => {
      const first = verifies(settings);
      const second = withoutCreateCabinet(first.settings);
      return { settings: second.settings, told: [...(first.told ?? []), ...(second.told ?? [])] };
    },
  ],
};

export type Upgrade =
  /** The settings are of this version of the package. */
  | { outcome: "current" }
  /** They are now; `told` is what a person must hear. */
  | { outcome: "upgraded"; settings: Settings; told: Told[] }
  /** A newer version of the package saved them: nobody here knows what they mean. */
  | { outcome: "newer"; version: number; known: number };

/** Version of the settings that nodes of a type store now. */
export function settingsVersion(type: string): number {
  return 1 + (STEPS[type]?.length ?? 0);
}

/** Brings what a node stores up to date, step by step. Settings without a version are those of the first one. */
export function upgrade(type: string, stored: Settings): Upgrade {
  const known = settingsVersion(type);
  const version = Number(stored.version ?? 1);
  if (version > known) return { outcome: "newer", version, known };
  const steps = (STEPS[type] ?? []).slice(Math.max(version, 1) - 1);
  if (steps.length === 0) return { outcome: "current" };
  let settings = stored;
  const told: Told[] = [];
  for (const step of steps) {
    const done = step(settings);
    settings = done.settings;
    told.push(...(done.told ?? []));
  }
  return { outcome: "upgraded", settings: { ...settings, version: known }, told };
}
