/** What one service has answered since the sandbox started. */
export interface ServiceMetrics {
  requests: number;
  /** Answers with a status of 500 or more, and connections that were cut. */
  failures: number;
  /** Mean time from a request's head to the end of its answer, in milliseconds. */
  meanMilliseconds: number;
  maxMilliseconds: number;
}

interface Sums {
  requests: number;
  failures: number;
  total: number;
  max: number;
}

/** Counts requests and their duration by service, so that a speed run can state what the stand-ins cost. */
export class Metrics {
  private readonly sums = new Map<string, Sums>();

  count(service: string, milliseconds: number, failed: boolean): void {
    let sums = this.sums.get(service);
    if (!sums) {
      sums = { requests: 0, failures: 0, total: 0, max: 0 };
      this.sums.set(service, sums);
    }
    sums.requests += 1;
    if (failed) sums.failures += 1;
    sums.total += milliseconds;
    sums.max = Math.max(sums.max, milliseconds);
  }

  report(): Record<string, ServiceMetrics> {
    const report: Record<string, ServiceMetrics> = {};
    for (const [service, { requests, failures, total, max }] of this.sums) {
      report[service] = { requests, failures, meanMilliseconds: round(total / requests), maxMilliseconds: round(max) };
    }
    return report;
  }
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
