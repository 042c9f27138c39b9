import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { DocumentRecord } from "../../../../core/ledger/ledger";
import { api } from "../../api.ts";
import { Button } from "../../components/button.tsx";
import { Empty, ErrorNote, Loading } from "../../components/notes.tsx";
import { useConsole } from "../../console-context.ts";
import { asFailure, useLoad } from "../../hooks.ts";
import { format, t } from "../../i18n.ts";

/** Larger ones are shown only when asked for. */
const maxUnasked = 10_000_000;

/** The document as its reader got it. The bytes come with the sign-in's token, so the page fetches them itself. */
export function Preview({ document, hasBytes }: { document: DocumentRecord; hasBytes: boolean }) {
  const { ledger, notify } = useConsole();
  const { size, fileName } = document.content;
  const [asked, setAsked] = useState(size <= maxUnasked);
  const [busy, setBusy] = useState(false);

  async function download(): Promise<void> {
    setBusy(true);
    await api.content(ledger, document.id).then(
      (bytes) => save(bytes, fileName || document.id),
      (thrown: unknown) => notify(asFailure(thrown).message, "bad"),
    );
    setBusy(false);
  }

  return (
    <section class="card preview" aria-labelledby="preview">
      <div class="card-head">
        <h2 id="preview">{t("documents.preview")}</h2>
        {hasBytes && (
          <Button small icon="download" disabled={busy} onClick={download}>
            {t("documents.download")}
          </Button>
        )}
      </div>
      {!hasBytes && <Empty title={t("documents.no-bytes")}>{t("documents.no-bytes-about")}</Empty>}
      {hasBytes && !asked && (
        <Empty title={t("documents.large", { size: format.bytes(size) })}>
          <Button onClick={() => setAsked(true)}>{t("documents.show-anyway")}</Button>
        </Empty>
      )}
      {hasBytes && asked && <Content id={document.id} name={fileName} />}
    </section>
  );
}

function save(bytes: Blob, name: string): void {
  const address = URL.createObjectURL(bytes);
  const link = Object.assign(window.document.createElement("a"), { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function Content({ id, name }: { id: string; name: string }) {
  const { ledger } = useConsole();
  const { data, failure, reload } = useLoad((signal) => api.content(ledger, id, signal), [ledger, id]);
  if (failure) return <ErrorNote failure={failure} onRetry={reload} />;
  if (!data) return <Loading />;
  const type = data.type.split(";")[0] ?? "";
  if (type === "text/html") return <Html bytes={data} name={name} />;
  if (type === "text/plain") return <Text bytes={data} />;
  if (type === "application/pdf" || type.startsWith("image/"))
    return <Shown bytes={data} name={name} isImage={type !== "application/pdf"} />;
  return <Empty title={t("documents.no-preview")}>{t("documents.no-preview-about")}</Empty>;
}

/** What the browser draws itself, from a copy in memory. */
function Shown({ bytes, name, isImage }: { bytes: Blob; name: string; isImage: boolean }) {
  const address = useMemo(() => URL.createObjectURL(bytes), [bytes]);
  useEffect(() => () => URL.revokeObjectURL(address), [address]);
  if (isImage) return <img class="preview-image" src={address} alt={t("documents.preview-of", { document: name })} />;
  if (!navigator.pdfViewerEnabled) return <Empty title={t("documents.no-pdf-viewer")}>{t("documents.no-preview-about")}</Empty>;
  return <iframe class="preview-frame" src={address} title={t("documents.preview-of", { document: name })} />;
}

function Text({ bytes }: { bytes: Blob }) {
  const { data } = useLoad(() => bytes.text(), [bytes.size]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <pre class="preview-text" tabIndex={0}>
      {data ?? ""}
    </pre>
  );
}

/**
 * HTML is handed to a page of its own (`preview`), which shows it in a sandbox without scripts, forms or other origins:
 * this page's policy would take away the styles that the document needs.
 */
function Html({ bytes, name }: { bytes: Blob; name: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  // Before the frame can load: an ordinary effect comes after the next paint, and a page from the cache may be ready sooner.
  useLayoutEffect(() => {
    const onReady = async ({ source, origin, data }: MessageEvent) => {
      const target = frame.current?.contentWindow;
      if (!target || source !== target || origin !== location.origin || data !== "ready") return;
      target.postMessage(await bytes.text(), location.origin);
    };
    window.addEventListener("message", onReady);
    return () => window.removeEventListener("message", onReady);
  }, [bytes]);
  return <iframe ref={frame} class="preview-frame" src="preview" title={t("documents.preview-of", { document: name })} />;
}
