import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";
import type { ThroughputPoint } from "../../../../core/ledger/console";
import { format } from "../../i18n.ts";

interface ChartProps {
  points: ThroughputPoint[];
  /** The step that is pointed at; undefined when none is. */
  onPoint(point: ThroughputPoint | undefined): void;
}

const height = 200;
const leastPerMinute = 10;

/**
 * Documents per minute over time. The drawing says nothing to a screen reader: the caption beside it has the figures.
 * The library is loaded apart, because it does not start where the system reports a language browsers do not know
 * (`en-US@posix`); the page then does without the drawing.
 */
export function Chart({ points, onPoint }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const newest = useRef({ points, onPoint });
  newest.current = { points, onPoint };

  useEffect(() => {
    let gone = false;
    let clean = () => {};
    import("uplot").then(
      ({ default: Plot }) => {
        const element = place.current;
        if (gone || !element) return;
        const draw = () => {
          chart.current?.destroy();
          chart.current = new Plot(
            options(element, (at) => newest.current.onPoint(at === undefined ? undefined : newest.current.points[at])),
            table(newest.current.points),
            element,
          );
        };
        draw();
        const resize = new ResizeObserver(() => chart.current?.setSize({ width: element.clientWidth, height }));
        resize.observe(element);
        const scheme = matchMedia("(prefers-color-scheme: dark)");
        scheme.addEventListener("change", draw);
        window.addEventListener("theme", draw);
        clean = () => {
          resize.disconnect();
          scheme.removeEventListener("change", draw);
          window.removeEventListener("theme", draw);
          chart.current?.destroy();
        };
      },
      () => undefined,
    );
    return () => {
      gone = true;
      clean();
    };
  }, []);

  useEffect(() => chart.current?.setData(table(points)), [points]);

  return <div ref={place} class="chart" aria-hidden="true" />;
}

/** Per minute, whatever the length of a step. */
function table(points: ThroughputPoint[]): uPlot.AlignedData {
  const minutes = points[0] && points[1] ? (points[1].at - points[0].at) / 60_000 : 1;
  const perMinute = (name: "received" | "closed" | "quarantined") => points.map((point) => point[name] / minutes);
  // Where nothing failed there is no line: it would lie on the axis.
  const quarantined = perMinute("quarantined").map((count) => (count === 0 ? null : count));
  return [points.map(({ at }) => at / 1000), perMinute("received"), perMinute("closed"), quarantined];
}

function options(element: HTMLElement, point: (at: number | undefined) => void): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => resolved(element, `var(${name})`);
  const axis = {
    stroke: colour("--muted"),
    font: `12px ${style.fontFamily}`,
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height,
    padding: [8, 28, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { y: { range: (_, __, most) => [0, Math.max(leastPerMinute, (most ?? 0) * 1.1)] } },
    axes: [
      { ...axis, size: 30, space: 72, values: (_, moments) => moments.map((moment) => format.clock(moment * 1000)) },
      { ...axis, size: 52, space: 36, values: (_, counts) => counts.map((count) => format.compact(count)) },
    ],
    series: [
      {},
      { stroke: colour("--busy"), width: 1.5, dash: [5, 4], points: { show: false } },
      { stroke: colour("--accent"), width: 2, fill: colour("--accent-soft"), points: { show: false } },
      { stroke: colour("--bad"), width: 2, points: { show: true, size: 6, fill: colour("--bad") } },
    ],
    hooks: { setCursor: [({ cursor }) => point(cursor.idx ?? undefined)] },
  };
}

/** A colour of the style sheet as a canvas takes it. */
function resolved(element: HTMLElement, value: string): string {
  element.style.color = value;
  const { color } = getComputedStyle(element);
  element.style.color = "";
  return color;
}
