import { useNow } from "../hooks.ts";
import { format } from "../i18n.ts";

/** How long ago, with the exact time when pointed at. */
export function Ago({ at }: { at: number }) {
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={format.dateTime(at)}>
      {format.relative(Math.min(at, now), now)}
    </time>
  );
}

export function Moment({ at }: { at: number }) {
  return <time dateTime={new Date(at).toISOString()}>{format.dateTime(at)}</time>;
}
