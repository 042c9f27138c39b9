interface ProgressProps {
  /** What is going on; read out. */
  label: string;
  /** Of `max`; both in the same unit. */
  value: number;
  max: number;
  /** Part of `value` that went wrong. */
  bad?: number;
}

export function Progress({ label, value, max, bad = 0 }: ProgressProps) {
  const share = (part: number) => `${max === 0 ? 0 : Math.min(100, (part / max) * 100)}%`;
  return (
    <div class="progress" role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={max} aria-valuenow={Math.min(value, max)}>
      <div class="progress-done" style={{ width: share(value - bad) }} />
      {bad > 0 && <div class="progress-bad" style={{ width: share(bad) }} />}
    </div>
  );
}
