import { useRef, useState } from "preact/hooks";
import type { RouteTable, TableProblem } from "../../../core/routing/table";
import { Button } from "../components/button.tsx";
import { Dialog } from "../components/dialog.tsx";
import { useConsole } from "../console-context.ts";
import { counted, format, t } from "../i18n.ts";
import { largestFile, readTable } from "./file.ts";
import { Wrongs } from "./parts.tsx";
import { fileProblemText } from "./texts.ts";

/** Takes a table from a file into the editor, as a change that can be taken back; a broken file changes nothing. */
export function ImportButton({ name, onImport }: { name: string; onImport(content: RouteTable): void }) {
  const { notify } = useConsole();
  const input = useRef<HTMLInputElement>(null);
  const [broken, setBroken] = useState<{ file: string; problems?: TableProblem[] }>();

  async function read(file: File): Promise<void> {
    if (file.size > largestFile) return setBroken({ file: file.name });
    const found = await readTable(file);
    if ("problems" in found) return setBroken({ file: file.name, problems: found.problems });
    onImport(found.content);
    const from = found.table === name ? "" : ` ${t("tables.imported-from", { table: found.table })}`;
    notify(`${counted("tables.imported", found.content.rules.length)}${from}`);
  }

  return (
    <>
      <Button icon="upload" onClick={() => input.current?.click()}>
        {t("tables.import")}
      </Button>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        hidden
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          // The same file, mended, is to be read again.
          event.currentTarget.value = "";
          if (file) read(file);
        }}
      />
      {broken && (
        <Dialog
          title={t("tables.import-broken")}
          onClose={() => setBroken(undefined)}
          onSubmit={() => setBroken(undefined)}
          foot={
            <Button type="submit" kind="primary">
              {t("frame.close")}
            </Button>
          }
        >
          <p>{t("tables.import-broken-about", { file: broken.file })}</p>
          {broken.problems ? (
            <Wrongs problems={broken.problems} text={fileProblemText} />
          ) : (
            <p class="wrong">{t("tables.import-large", { size: format.bytes(largestFile) })}</p>
          )}
        </Dialog>
      )}
    </>
  );
}
