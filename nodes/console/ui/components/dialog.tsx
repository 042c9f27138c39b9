import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n.ts";
import { Button } from "./button.tsx";

interface DialogProps {
  title: string;
  children: ComponentChildren;
  /** Buttons, the one that goes on last. */
  foot?: ComponentChildren;
  wide?: boolean;
  /** Escape, the cross, or a button of the foot: the owner takes the dialog away. */
  onClose(): void;
  onSubmit?(): void;
}

/** A native modal dialog: it keeps the focus inside, and gives it back to where it was. */
export function Dialog({ title, children, foot, wide, onClose, onSubmit }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();

  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
      // What had opened it may be gone by now, with the row it was in.
      if (document.activeElement === document.body) document.querySelector<HTMLElement>("h1")?.focus();
    };
  }, []);

  return (
    <dialog
      ref={element}
      class={wide ? "wide" : ""}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit?.();
        }}
      >
        <header>
          <h2 id={heading}>{title}</h2>
          <Button icon="close" kind="quiet" label={t("frame.close")} onClick={onClose} />
        </header>
        <div class="dialog-body">{children}</div>
        {foot && <footer>{foot}</footer>}
      </form>
    </dialog>
  );
}
