import { t } from "../i18n.ts";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

export interface Message {
  id: number;
  text: string;
  kind: "good" | "bad";
}

/** Messages in passing; a screen reader reads each when it comes. */
export function Toasts({ messages, onClose }: { messages: Message[]; onClose(id: number): void }) {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {messages.map(({ id, text, kind }) => (
        <div key={id} class={`toast ${kind}`}>
          <Icon name={kind === "good" ? "check" : "warning"} />
          <span>{text}</span>
          <Button icon="close" kind="quiet" small label={t("frame.close")} onClick={() => onClose(id)} />
        </div>
      ))}
    </div>
  );
}
