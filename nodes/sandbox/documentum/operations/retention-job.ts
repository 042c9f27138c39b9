import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";

/**
 * The server-side job that turns a custom attribute into a policy (wire/documentum.md 20.4): an object whose
 * `retention_class` names a policy is retained some seconds after it got the attribute. Off unless a switch sets the
 * seconds. Returns what stops it.
 */
export function runRetentionJob(repository: Repository): () => void {
  const timers = new Set<NodeJS.Timeout>();
  repository.objects.watch((_before, after) => {
    if (!after || !isDue(repository, after)) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      retain(repository, after.id);
    }, repository.switches.number("retention-job-seconds") * 1000);
    timers.add(timer);
  });
  return () => {
    for (const timer of timers) clearTimeout(timer);
  };
}

function isDue(repository: Repository, { values }: ObjectRecord): boolean {
  if (repository.switches.number("retention-job-seconds") < 0) return false;
  const policy = repository.governance.policy(String(values.retention_class ?? ""));
  return policy !== undefined && !((values.i_retainer_id as string[] | undefined) ?? []).includes(policy.id);
}

/** A job that fails says so nowhere: the object is simply not retained. */
function retain(repository: Repository, id: string): void {
  const record = repository.objects.get(id);
  if (!record || !isDue(repository, record)) return;
  const changes = repository.governance.unlessItFails(record.values, String(record.values.retention_class));
  if (changes) repository.save(record, changes, repository.accessor("dmadmin"));
}
