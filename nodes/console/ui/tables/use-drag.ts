import { useEffect, useRef, useState } from "preact/hooks";

export interface Drag {
  /** What is dragged, and the place it would come to, both from 0. */
  from: number;
  to: number;
}

const edgePx = 72;
const scrollPx = 14;

/**
 * Dragging a row of a list to another place, with mouse, pen or finger. Nothing is moved before it is let go; Escape lets
 * everything be as it was. `rows` gives the rows as they stand.
 */
export function useDrag(
  rows: () => HTMLElement[],
  onDrop: (drag: Drag) => void,
): { drag: Drag | undefined; grab(from: number): (event: PointerEvent) => void } {
  const [drag, setDrag] = useState<Drag>();
  const from = drag?.from;
  const drop = useRef(onDrop);
  drop.current = onDrop;

  useEffect(() => {
    if (from === undefined) return;
    let to = from;
    const onMove = ({ clientY }: PointerEvent) => {
      if (clientY < edgePx) window.scrollBy(0, -scrollPx);
      if (clientY > window.innerHeight - edgePx) window.scrollBy(0, scrollPx);
      to = rows().filter((row, at) => at !== from && middleOf(row) < clientY).length;
      setDrag({ from, to });
    };
    const onUp = () => {
      setDrag(undefined);
      if (to !== from) drop.current({ from, to });
    };
    const onCancel = () => {
      // Letting go may come before the listeners are gone.
      to = from;
      setDrag(undefined);
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape") onCancel();
    };
    window.addEventListener("pointermove", onMove);
    window.addEventListener("pointerup", onUp);
    window.addEventListener("pointercancel", onCancel);
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("pointermove", onMove);
      window.removeEventListener("pointerup", onUp);
      window.removeEventListener("pointercancel", onCancel);
      window.removeEventListener("keydown", onKey);
    };
  }, [from]);

  return {
    drag,
    grab: (place) => (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      setDrag({ from: place, to: place });
    },
  };
}

function middleOf(row: HTMLElement): number {
  const { top, height } = row.getBoundingClientRect();
  return top + height / 2;
}
