/** 32 random bytes, safe in a header and in a URL. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** Buttons marked `data-generate-for="<id of a field>"` put a new secret into the field and show it, so that it can be copied. */
export function attachGenerators(form: HTMLElement): void {
  for (const button of form.querySelectorAll<HTMLElement>("[data-generate-for]")) {
    button.addEventListener("click", () => {
      const field = document.getElementById(button.dataset.generateFor ?? "") as HTMLInputElement | null;
      if (!field) return;
      field.type = "text";
      $(field).val(newSecret()).trigger("change");
      field.select();
    });
  }
}

/** For `onadd`: a new receiver is closed to everybody who does not know its secret, without anybody having to invent one. */
export function giveSecret(node: EditorNode, property: string): void {
  node.credentials = { [property]: newSecret(), [`has_${property}`]: true, _: {} };
}
