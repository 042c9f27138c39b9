import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon.tsx";

interface Shared {
  icon?: IconName;
  kind?: "plain" | "primary" | "danger" | "quiet";
  small?: boolean;
  /** For a button that shows only an icon. */
  label?: string;
  children?: ComponentChildren;
}

interface ButtonProps extends Shared {
  type?: "button" | "submit";
  disabled?: boolean;
  /** Why it cannot be pressed, or what it does; shown when pointed at. */
  hint?: string;
  pressed?: boolean;
  expanded?: boolean;
  onClick?(): void;
}

const look = ({ kind = "plain", small, children }: Shared) =>
  `button ${kind}${small ? " small" : ""}${children === undefined ? " icon-only" : ""}`;

export function Button({ type = "button", disabled, hint, pressed, expanded, onClick, ...shared }: ButtonProps) {
  return (
    <button
      type={type}
      class={look(shared)}
      disabled={disabled}
      title={hint ?? shared.label}
      aria-label={shared.label}
      aria-pressed={pressed}
      aria-expanded={expanded}
      onClick={onClick}
    >
      {shared.icon && <Icon name={shared.icon} />}
      {shared.children !== undefined && <span>{shared.children}</span>}
    </button>
  );
}

/** Looks like a button and is a link: it goes somewhere. */
export function LinkButton({ href, ...shared }: Shared & { href: string }) {
  return (
    <a class={look(shared)} href={href} title={shared.label} aria-label={shared.label}>
      {shared.icon && <Icon name={shared.icon} />}
      {shared.children !== undefined && <span>{shared.children}</span>}
    </a>
  );
}
