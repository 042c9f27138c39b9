import { useState } from "preact/hooks";
import type { DocumentState } from "../../../../core/document";
import { DOCUMENT_STATES } from "../../../../core/document.ts";
import { Button } from "../../components/button.tsx";
import { Field } from "../../components/field.tsx";
import { t } from "../../i18n.ts";
import { type Search, searchTexts } from "../../search.ts";

interface SearchFormProps {
  /** What is searched for now. */
  search: Search;
  onSearch(search: Search): void;
}

/** On a phone what was found comes first. */
const wide = matchMedia("(min-width: 40rem)").matches;
const empty: Search = { states: [], texts: {}, from: "", until: "" };

export function SearchForm({ search, onSearch }: SearchFormProps) {
  const [{ draft, begun }, setState] = useState({ draft: search, begun: search });
  const setDraft = (changed: Search) => setState({ draft: changed, begun: search });
  // Another search, from a link or by going back, replaces what was entered.
  if (begun !== search) setDraft(search);

  const toggle = (state: DocumentState) => {
    const states = draft.states.includes(state) ? draft.states.filter((each) => each !== state) : [...draft.states, state];
    onSearch({ ...draft, states });
  };

  return (
    <search>
      <details class="card search" open={wide}>
        <summary>
          <h2>{t("documents.search")}</h2>
        </summary>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            onSearch(draft);
          }}
        >
          <div class="search-fields">
            {searchTexts.map((name) => (
              <Field key={name} label={t(`documents.search.${name}`)}>
                {(control) => (
                  <input
                    {...control}
                    type="text"
                    name={name}
                    autocomplete="off"
                    spellcheck={false}
                    value={draft.texts[name] ?? ""}
                    onInput={(event) => setDraft({ ...draft, texts: { ...draft.texts, [name]: event.currentTarget.value } })}
                  />
                )}
              </Field>
            ))}
            {(["from", "until"] as const).map((name) => (
              <Field key={name} label={t(`documents.search.${name}`)}>
                {(control) => (
                  <input
                    {...control}
                    type="datetime-local"
                    name={name}
                    value={draft[name]}
                    onInput={(event) => setDraft({ ...draft, [name]: event.currentTarget.value })}
                  />
                )}
              </Field>
            ))}
          </div>
          <fieldset class="search-states">
            <legend>{t("documents.search.state")}</legend>
            {DOCUMENT_STATES.map((state) => (
              <label key={state} class="chip">
                <input type="checkbox" checked={draft.states.includes(state)} onChange={() => toggle(state)} />
                {t(`frame.state.${state}`)}
              </label>
            ))}
          </fieldset>
          <div class="row">
            <Button type="submit" kind="primary" icon="search">
              {t("documents.search.go")}
            </Button>
            <Button onClick={() => onSearch(empty)}>{t("documents.search.clear")}</Button>
          </div>
        </form>
      </details>
    </search>
  );
}
