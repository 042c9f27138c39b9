/** What waits here goes on once somebody opens its gate. */
export class Gates {
  private readonly waiting = new Map<string, () => void>();

  /** Waits for `open` of the same name. Throws the signal's reason when it is aborted. One waits at a gate at a time. */
  async wait(name: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      this.waiting.set(name, resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    this.waiting.delete(name);
    signal.throwIfAborted();
  }

  open(name: string): void {
    this.waiting.get(name)?.();
  }
}
