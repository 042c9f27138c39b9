import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, randomUUID, sign, verify } from "node:crypto";
import { promisify } from "node:util";
import type { Store } from "../kernel/store";

interface KeyRecord {
  kid: string;
  /** PKCS #8 in PEM. Signs nothing but the stand-in's own tokens. */
  privateKey: string;
}

/** Claims of an access token (wire/otds.md section 4: `tid`, `tenant_id`, `cid`, `grp`, `exp`). */
export interface Claims {
  iss: string;
  sub: string;
  tid: string;
  tenant_id: string;
  cid: string;
  grp: string[];
  scope: string;
  jti: string;
  iat: number;
  exp: number;
}

/** The RS256 key pair of the identity stand-in: made once, kept in its store, so tokens survive a restart. */
export class SigningKey {
  private constructor(
    private readonly kid: string,
    private readonly privateKey: KeyObject,
    private readonly publicKey: KeyObject,
  ) {}

  static async open(store: Store): Promise<SigningKey> {
    const keys = store.collection<KeyRecord>("key");
    const record = keys.get("signing") ?? keys.put("signing", await generate());
    const privateKey = createPrivateKey(record.privateKey);
    return new SigningKey(record.kid, privateKey, createPublicKey(privateKey));
  }

  /** The claims as a signed JSON Web Token. */
  sign(claims: Claims): string {
    const head = encode({ alg: "RS256", typ: "JWT", kid: this.kid });
    const signed = `${head}.${encode(claims)}`;
    return `${signed}.${sign("sha256", Buffer.from(signed), this.privateKey).toString("base64url")}`;
  }

  /** The claims of a token that this key signed, or undefined. Says nothing of its expiry. */
  claimsOf(token: string): Claims | undefined {
    const [head, body, signature, ...rest] = token.split(".");
    if (!head || !body || !signature || rest.length > 0) return undefined;
    const genuine = verify("sha256", Buffer.from(`${head}.${body}`), this.publicKey, Buffer.from(signature, "base64url"));
    return genuine ? (JSON.parse(Buffer.from(body, "base64url").toString("utf8")) as Claims) : undefined;
  }

  /** The public half as a JSON Web Key Set (wire/otds.md section 2, T6). */
  jwks(): { keys: object[] } {
    return { keys: [{ ...this.publicKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: this.kid }] };
  }
}

async function generate(): Promise<KeyRecord> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  return { kid: randomUUID(), privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
