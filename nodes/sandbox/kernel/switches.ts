/** Value of a switch. Its type never changes after `declare`. */
export type SwitchValue = boolean | number | string;

/** A switch as the control routes show it. */
export interface SwitchReport {
  name: string;
  value: SwitchValue;
  default: SwitchValue;
  help: string;
}

/**
 * The named settings by which stand-ins change their behaviour while they run: what the wire contracts leave open
 * ([UNKNOWN], [OURS]) is one of these. Names begin with the service, for example `css.ranges`.
 */
export class Switches {
  private readonly known = new Map<string, SwitchReport>();
  /** Set before the service that owns the name declared it. */
  private readonly early = new Map<string, SwitchValue>();

  /** Makes a switch known, with its default. Throws when the name is taken. */
  declare(name: string, initial: SwitchValue, help: string): void {
    if (this.known.has(name)) throw new Error(`switch '${name}' is declared twice`);
    this.known.set(name, { name, value: initial, default: initial, help });
    const early = this.early.get(name);
    this.early.delete(name);
    if (early !== undefined) this.set(name, early);
  }

  /** The value in force. Throws when nobody declared the name. */
  get(name: string): SwitchValue {
    return this.report(name).value;
  }

  /** True when a boolean switch is on. */
  isOn(name: string): boolean {
    return this.get(name) === true;
  }

  /** A number switch's value. Throws when the switch holds something else. */
  numberOf(name: string): number {
    const value = this.get(name);
    if (typeof value !== "number") throw new Error(`switch '${name}' holds a ${typeof value}, not a number`);
    return value;
  }

  /** Changes a switch. Throws when the name is unknown or the value's type differs from the default's. */
  set(name: string, value: SwitchValue): void {
    const report = this.report(name);
    if (typeof value !== typeof report.default) {
      throw new Error(`switch '${name}' takes a ${typeof report.default}, not a ${typeof value}`);
    }
    report.value = value;
  }

  /** Keeps values for switches that are declared later, when the services are mounted. */
  preset(values: Record<string, SwitchValue>): void {
    for (const [name, value] of Object.entries(values)) {
      if (this.known.has(name)) this.set(name, value);
      else this.early.set(name, value);
    }
  }

  /** Names given to `preset` that nobody declared. */
  undeclared(): string[] {
    return [...this.early.keys()];
  }

  /** Every switch, by name. */
  all(): SwitchReport[] {
    return [...this.known.values()].sort((a, b) => a.name.localeCompare(b.name)).map((report) => ({ ...report }));
  }

  private report(name: string): SwitchReport {
    const found = this.known.get(name);
    if (!found) throw new Error(`there is no switch '${name}'; GET /sandbox/switches lists them`);
    return found;
  }
}
