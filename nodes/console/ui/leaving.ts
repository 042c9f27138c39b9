import { useEffect, useRef } from "preact/hooks";

/** Set while something would be lost. True: the person may go there; false: they are being asked. */
type Guard = (hash: string) => boolean;
let guard: Guard | undefined;

/** Asked before another place is shown. */
export function mayLeave(hash: string): boolean {
  return guard?.(hash) ?? true;
}

/** While `active`, other places of the console are up to `mayGo`; for other pages the browser asks. */
export function useLeaveGuard(active: boolean, mayGo: Guard): void {
  const newest = useRef(mayGo);
  newest.current = mayGo;
  useEffect(() => {
    if (!active) return;
    const onUnload = (event: BeforeUnloadEvent) => event.preventDefault();
    guard = (hash) => newest.current(hash);
    window.addEventListener("beforeunload", onUnload);
    return () => {
      guard = undefined;
      window.removeEventListener("beforeunload", onUnload);
    };
  }, [active]);
}
