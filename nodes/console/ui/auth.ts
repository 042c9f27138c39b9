/** The sign-in of Node-RED's editor: one token serves both, so who is signed in there is signed in here. */

/** Where the editor lives: two folders above this page, whatever the admin root is. */
export const adminRoot = new URL("../../", location.href);

/** The editor's own name for it (its `settings.js`): the address of the editor makes part of the key. */
const tokenKey = `auth-tokens${adminRoot.pathname.slice(0, -1).replaceAll("/", "-")}`;

export function accessToken(): string | undefined {
  try {
    return JSON.parse(localStorage.getItem(tokenKey) ?? "null")?.access_token;
  } catch {
    return undefined;
  }
}

/** How people sign in here: with a name and a password, or only in the editor (single sign-on). */
export async function signInKind(): Promise<"password" | "editor"> {
  const reply = await fetch(new URL("auth/login", adminRoot));
  return reply.ok && (await reply.json()).type === "credentials" ? "password" : "editor";
}

/** Gives false when Node-RED refuses the name and password. */
export async function signIn(username: string, password: string): Promise<boolean> {
  const body = new URLSearchParams({ client_id: "node-red-editor", grant_type: "password", scope: "", username, password });
  const reply = await fetch(new URL("auth/token", adminRoot), { method: "POST", body });
  if (!reply.ok) return false;
  localStorage.setItem(tokenKey, JSON.stringify(await reply.json()));
  return true;
}

/** Ends the sign-in here and in the editor. */
export async function signOut(): Promise<void> {
  const token = accessToken();
  if (token === undefined) return;
  const headers = { Authorization: `Bearer ${token}` };
  await fetch(new URL("auth/revoke", adminRoot), { method: "POST", body: new URLSearchParams({ token }), headers }).catch(() => {});
  localStorage.removeItem(tokenKey);
}
