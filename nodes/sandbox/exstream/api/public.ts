import type { InstanceRecord, JobRecord, StepRecord } from "../jobs/record-types";

/** Date fields of jobs, instances and steps. */
const DATES = ["startDate", "endDate", "expirationDate", "queueDate", "executeDate"];

/**
 * A job, instance or step as a reply shows it: without this stand-in's own fields; dates as milliseconds since 1970, as a live system
 * gave them, or as ISO 8601, as the vendor's description says (switch `exstream.iso-dates`; A6).
 */
export function publicRecord(record: JobRecord | InstanceRecord | StepRecord, isoDates: boolean): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([name]) => name !== "run")
      .map(([name, value]) => [
        name,
        isoDates && DATES.includes(name) && typeof value === "number" ? new Date(value).toISOString() : value,
      ]),
  );
}
