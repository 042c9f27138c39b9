import { useState } from "preact/hooks";
import type { Hold } from "../../../core/ledger/routing";
import { api } from "../api.ts";
import { Badge } from "../components/badge.tsx";
import { Button } from "../components/button.tsx";
import { Empty, ErrorNote, Loading, Note } from "../components/notes.tsx";
import { Table } from "../components/table.tsx";
import { Ago } from "../components/time.tsx";
import { useConsole } from "../console-context.ts";
import { useEvery, useLoad } from "../hooks.ts";
import { counted, t } from "../i18n.ts";
import { HoldDialog } from "./hold-dialog.tsx";
import { ReleaseDialog } from "./release-dialog.tsx";

const lookEveryMs = 3000;

/** What waits until somebody lets it go, and the way to hold something. */
export function HoldsPage() {
  const { ledger, session } = useConsole();
  const { data, failure, reload } = useLoad((signal) => api.holds(ledger, signal), [ledger]);
  const [isHolding, setHolding] = useState(false);
  const [releasing, setReleasing] = useState<Hold>();
  useEvery(lookEveryMs, reload);

  return (
    <>
      <div class="view-head">
        <h1 tabIndex={-1}>{t("holds.title")}</h1>
        {session.canWrite && (
          <Button kind="primary" icon="holds" onClick={() => setHolding(true)}>
            {t("holds.hold-dots")}
          </Button>
        )}
      </div>
      <p class="view-about">{t("holds.about")}</p>
      {!session.canWrite && <Note>{t("holds.read-only")}</Note>}
      {failure && <ErrorNote failure={failure} onRetry={reload} />}
      {!data && !failure && <Loading />}
      {data?.length === 0 && (
        <Empty icon="check" title={t("holds.none")}>
          {t("holds.none-about")}
        </Empty>
      )}
      {data && data.length > 0 && <HoldTable holds={data} canWrite={session.canWrite} onRelease={setReleasing} />}
      {isHolding && (
        <HoldDialog
          held={data ?? []}
          onDone={() => {
            setHolding(false);
            reload();
          }}
          onClose={() => setHolding(false)}
        />
      )}
      {releasing && (
        <ReleaseDialog
          hold={data?.find(({ destination }) => destination === releasing.destination) ?? releasing}
          onDone={() => {
            setReleasing(undefined);
            reload();
          }}
          onClose={() => setReleasing(undefined)}
        />
      )}
    </>
  );
}

interface HoldTableProps {
  holds: Hold[];
  canWrite: boolean;
  onRelease(hold: Hold): void;
}

function HoldTable({ holds, canWrite, onRelease }: HoldTableProps) {
  const { link } = useConsole();
  return (
    <section class="card">
      <Table
        caption={t("holds.title")}
        rows={holds}
        rowKey={({ destination }) => destination}
        columns={[
          {
            key: "destination",
            head: t("holds.destination"),
            heads: true,
            cell: ({ destination, inForce }) => (
              <>
                {destination}
                <br />
                <Badge tone="wait" icon={inForce ? "holds" : "tables"}>
                  {t(inForce ? "holds.in-force" : "holds.by-rules")}
                </Badge>
              </>
            ),
          },
          {
            key: "documents",
            head: t("holds.documents"),
            figures: true,
            cell: ({ destination, documents }) => (
              <a href={link("documents", undefined, { heldBy: destination })}>{counted("holds.waiting", documents)}</a>
            ),
          },
          { key: "why", head: t("holds.why"), cell: ({ why, inForce }) => (inForce ? why : t("holds.by-rules-about")) },
          { key: "who", head: t("holds.who"), cell: ({ who, inForce }) => (inForce ? who : "–") },
          { key: "since", head: t("holds.since"), cell: ({ since }) => <Ago at={since} /> },
          ...(canWrite
            ? [
                {
                  key: "release",
                  head: t("holds.action"),
                  cell: (hold: Hold) => (
                    <Button small icon="release" onClick={() => onRelease(hold)}>
                      {t("holds.release-dots")}
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
    </section>
  );
}
