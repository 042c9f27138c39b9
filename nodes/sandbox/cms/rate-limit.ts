/** Admits at most so many requests within any one second. */
export class RateLimit {
  private admitted: number[] = [];

  constructor(private readonly now: () => number) {}

  /** `perSecond` 0 means no limit. */
  admit(perSecond: number): boolean {
    if (perSecond <= 0) return true;
    const now = this.now();
    this.admitted = this.admitted.filter((time) => now - time < 1000);
    if (this.admitted.length >= perSecond) return false;
    this.admitted.push(now);
    return true;
  }
}
