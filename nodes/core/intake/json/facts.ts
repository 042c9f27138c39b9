import { type FactsBuilder, isRecord } from "../facts";
import { GROUPS, knownField } from "../well-known";

/**
 * Takes the members of the default sidecar (wire/exstream.md 13.5) or of one envelope element: what is known becomes
 * source, file and batch facts, the rest is metadata under its own name. `keys` and `metadata` are spread; a member of
 * them whose name is taken stays in its group. `prefix` is put before names in messages.
 */
export function takeMembers(builder: FactsBuilder, members: Record<string, unknown>, prefix = ""): void {
  const spread = Object.entries(members).filter(([name, value]) => (name === "keys" || name === "metadata") && isRecord(value));
  const own = Object.entries(members).filter(([name, value]) => !spread.some(([group, taken]) => group === name && taken === value));
  for (const [name, value] of own) {
    const field = knownField(name);
    if (GROUPS.includes(name) && isRecord(value)) takeGroup(builder, name, value, prefix);
    else if (field && !isRecord(value)) builder.known(field, value, `${prefix}${name}`);
    else builder.add(name, value);
  }
  for (const [group, value] of spread) {
    for (const [name, member] of Object.entries(value as Record<string, unknown>)) {
      if (builder.has(name)) builder.addTo(group, name, member);
      else builder.add(name, member);
    }
  }
}

function takeGroup(builder: FactsBuilder, group: string, members: Record<string, unknown>, prefix: string): void {
  for (const [name, value] of Object.entries(members)) {
    const field = knownField(name, group);
    if (field) builder.known(field, value, `${prefix}${group}.${name}`);
    else builder.addTo(group, name, value);
  }
}
