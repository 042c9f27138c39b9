import { useState } from "preact/hooks";
import { adminRoot, signOut } from "./auth.ts";
import { Button, LinkButton } from "./components/button.tsx";
import { Icon } from "./components/icon.tsx";
import { useConsole, useWatched } from "./console-context.ts";
import { counted, format, t } from "./i18n.ts";
import { type Place, placeHash } from "./place.ts";
import { applyTheme, currentTheme } from "./theme.ts";
import { viewOf, views } from "./views/index.ts";

/** Where one can go, how the line to the server is, and who one is. At the foot of the page on a phone. */
export function Rail({ place }: { place: Place }) {
  const { session, link, ledger } = useConsole();
  const [theme, setTheme] = useState(currentTheme);
  const other = theme === "dark" ? "light" : "dark";

  return (
    <header class="rail">
      <div class="rail-head">
        <p class="brand">Docbridge</p>
        <Connection />
      </div>
      {session.ledgers.length > 1 && (
        <div class="rail-ledger">
          <label for="ledger">{t("frame.ledger")}</label>
          <select
            id="ledger"
            value={ledger}
            onChange={(event) => {
              location.hash = placeHash(viewOf(place.view), undefined, { ledger: event.currentTarget.value });
            }}
          >
            {session.ledgers.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </div>
      )}
      <nav aria-label={t("frame.navigation")}>
        <ul>
          {Object.entries(views).map(([name, { title, shortTitle, icon, count }]) => (
            <li key={name}>
              <a href={link(name)} aria-current={viewOf(place.view) === name ? "page" : undefined}>
                <Icon name={icon} />
                <span class={shortTitle ? "nav-title wide-only" : "nav-title"}>{t(title)}</span>
                {shortTitle && <span class="nav-title narrow-only">{t(shortTitle)}</span>}
                {count && <Count of={count} />}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="rail-foot">
        {!session.canWrite && <p class="read-only">{t("frame.read-only")}</p>}
        {session.user && (
          <p class="user">
            <span class="unseen">{t("frame.signed-in-as")}</span>
            {session.user}
          </p>
        )}
        <div class="rail-buttons">
          <LinkButton kind="quiet" icon="editor" label={t("frame.open-editor")} href={adminRoot.href} />
          <Button
            kind="quiet"
            icon={other}
            label={t(`frame.theme.${other}`)}
            onClick={() => {
              applyTheme(other);
              setTheme(other);
            }}
          />
          {session.user && (
            <Button kind="quiet" icon="signOut" label={t("frame.sign-out")} onClick={() => signOut().then(() => location.reload())} />
          )}
          <span class="version">{session.version}</span>
        </div>
      </div>
    </header>
  );
}

function Count({ of }: { of: "quarantined" | "held" }) {
  const { figures } = useWatched();
  if (!figures) return null;
  const n = of === "held" ? (figures.byState.held ?? 0) : (figures.byState.quarantined ?? 0) + (figures.byState.conflict ?? 0);
  if (n === 0) return null;
  return (
    <span class={`nav-count ${of}`}>
      <span aria-hidden="true">{format.compact(n)}</span>
      <span class="unseen">{counted(`frame.count.${of}`, n)}</span>
    </span>
  );
}

function Connection() {
  const { connection } = useWatched();
  return (
    <p class={`connection ${connection}`} role="status">
      {connection === "lost" && <Icon name="offline" />}
      <span>{t(`frame.connection.${connection}`)}</span>
    </p>
  );
}
