import type { Receipt } from "../../../../core/document";
import type { DocumentRecord } from "../../../../core/ledger/ledger";
import { Badge } from "../../components/badge.tsx";
import { Moment } from "../../components/time.tsx";
import { format, t } from "../../i18n.ts";

/** What the document owes and what it has. */
export function Receipts({ document: { targets, receipts } }: { document: DocumentRecord }) {
  const names = [...new Set([...targets, ...Object.keys(receipts)])];
  return (
    <section class="card" aria-labelledby="receipts">
      <h2 id="receipts">{t("documents.receipts")}</h2>
      {names.length === 0 && <p class="muted">{t("documents.no-receipts")}</p>}
      <ul class="receipts">
        {names.map((target) => (
          <li key={target}>
            <div class="row">
              <h3>{target}</h3>
              <Verification receipt={receipts[target]} />
            </div>
            {receipts[target] && <Given receipt={receipts[target]} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Verification({ receipt }: { receipt: Receipt | undefined }) {
  if (!receipt) return <Badge>{t("documents.receipt.missing")}</Badge>;
  if (receipt.pending?.length) return <Badge tone="wait">{t("documents.receipt.pending", { steps: receipt.pending.join(", ") })}</Badge>;
  if (!receipt.verified) return <Badge tone="wait">{t("documents.receipt.unverified")}</Badge>;
  return (
    <Badge tone="good" icon="check">
      {t(`documents.verified.${receipt.verified}`)}
    </Badge>
  );
}

function Given({ receipt: { objectId, version, size, location, caseId, policy, recovered, at } }: { receipt: Receipt }) {
  const more = [
    version !== undefined && t("documents.receipt.version", { version }),
    size !== undefined && format.bytes(size),
    location,
    caseId !== undefined && t("documents.receipt.case", { id: caseId }),
    policy,
    recovered && t("documents.receipt.recovered"),
  ];
  return (
    <p>
      {t("documents.receipt.object")} <code>{objectId}</code>
      <span class="second">{more.filter(Boolean).join(" · ")}</span>
      <span class="second">
        <Moment at={Date.parse(at)} />
      </span>
    </p>
  );
}
