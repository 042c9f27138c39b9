import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import mustache from "mustache";
import { derivedUuid } from "../uuid";
import { type Customer, DRIVER_VARIANTS, type Extent, type SizeWish, VARIANTS, type Variant } from "./customer";
import { winAnsi } from "./helvetica";
import { layOut, PAGE_HEIGHT, PAGE_WIDTH } from "./layout";
import { padding } from "./padding";
import { buildPdf, SizeTooSmall } from "./pdf";

/** One output before it is stored. */
export interface Composed {
  /** With extension; unique in its job. */
  fileName: string;
  size: number;
  pages: number;
  /** The bytes, in order; chunks must not be changed. */
  chunks(): Iterable<Buffer>;
}

type Labels = Record<string, string>;

/** Up to this size an output is handed over in one piece, so storing it is one write. */
const ONE_PIECE = 1024 * 1024;

const folder = join(__dirname, "..", "templates");
const templates = Object.fromEntries(DRIVER_VARIANTS.map((variant) => [variant, templateText(variant)])) as Record<Variant, string>;
const labels = JSON.parse(readFileSync(join(folder, "labels.json"), "utf8")) as Record<string, Labels>;
const money: Record<string, Intl.NumberFormat> = {
  en: new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
  de: new Intl.NumberFormat("de-DE", { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
};

/** The template a variant is made from, as text. */
export function templateText(variant: Variant): string {
  return readFileSync(join(folder, `statement-${variant}.mustache`), "utf8");
}

/**
 * Composes one variant of one customer's statement. Equal arguments give equal bytes.
 * `jobId` and `index` make documents of equal data differ. Throws `SizeTooSmall` when the wanted size cannot hold the statement.
 */
export function composeStatement(jobId: string, index: number, customer: Customer, variant: Variant, extent: Extent): Composed {
  const seed = createHash("sha256").update(`${jobId}\n${index}\n${variant}\n${customer.number}`).digest();
  const fileName = fileNameOf(index, customer, variant);
  const size = extent.size === undefined ? undefined : wantedSize(extent.size, seed);
  if (variant === "pdf") return { fileName, ...pdf(customer, seed, size, extent.pages ?? 1) };
  if (variant === "mpw") return { fileName, pages: 1, ...plain(Buffer.from(JSON.stringify({ documentId: empowerId(jobId, index) }))) };
  if (variant === "sms") return { fileName, pages: 1, ...plain(Buffer.from(fill("sms", customer, oneLine).trimEnd())) };
  return { fileName, pages: 1, ...html(variant, customer, seed, size) };
}

/** Id of the interactive document that a job makes for a customer. */
export function empowerId(jobId: string, index: number): string {
  return derivedUuid(`empower ${jobId} ${index}`);
}

/** File name of an output, with extension; unique in its job. */
export function fileNameOf(index: number, customer: Customer, variant: Variant): string {
  const place = String(index + 1).padStart(6, "0");
  return `statement-${place}-${customer.account.replace(/[^A-Za-z0-9]/g, "_").slice(0, 40)}${VARIANTS[variant].ending}`;
}

function wantedSize(wish: SizeWish, seed: Buffer): number {
  return typeof wish === "number" ? wish : wish.min + (seed.readUIntBE(8, 6) % (wish.max - wish.min + 1));
}

function pdf(customer: Customer, seed: Buffer, size: number | undefined, leastPages: number) {
  const lines = fill("pdf", customer, oneLine).split("\n");
  const { page, of, title } = labelsOf(customer);
  const pages = layOut(lines, leastPages, (each, all) => `${customer.account} · ${customer.period} · ${page} ${each} ${of} ${all}`);
  const file = buildPdf({
    title: winAnsi(`${title} ${customer.period}`),
    subject: winAnsi(`${customer.number} ${customer.account}`),
    pages,
    width: PAGE_WIDTH,
    height: PAGE_HEIGHT,
    seed,
    size,
  });
  return { pages: pages.length, ...inOnePiece(file.size, () => file.chunks()) };
}

function html(variant: "html" | "mobile", customer: Customer, seed: Buffer, size: number | undefined) {
  const text = Buffer.from(fill(variant, customer));
  if (size === undefined) return plain(text);
  const [opening, closing] = [Buffer.from("<!--"), Buffer.from("-->\n")];
  const filler = size - text.length - opening.length - closing.length;
  if (filler < 0) throw new SizeTooSmall(size, size - filler);
  return inOnePiece(size, function* () {
    yield text;
    yield opening;
    yield* padding(seed, filler, "text");
    yield closing;
  });
}

function plain(bytes: Buffer): { size: number; chunks(): Iterable<Buffer> } {
  return { size: bytes.length, chunks: () => [bytes] };
}

function inOnePiece(size: number, chunks: () => Iterable<Buffer>): { size: number; chunks(): Iterable<Buffer> } {
  return { size, chunks: () => (size <= ONE_PIECE ? [Buffer.concat([...chunks()], size)] : chunks()) };
}

function fill(variant: Variant, customer: Customer, escaping?: (text: string) => string): string {
  const format = money[customer.language] ?? (money.en as Intl.NumberFormat);
  const view = {
    ...customer,
    labels: labelsOf(customer),
    balance: `${format.format(customer.balance)} ${customer.currency}`,
    transactions: customer.transactions.map((each) => ({ ...each, amount: format.format(each.amount) })),
  };
  return mustache.render(templates[variant], view, undefined, escaping ? { escape: escaping } : undefined);
}

function labelsOf(customer: Customer): Labels {
  return (Object.hasOwn(labels, customer.language) ? labels[customer.language] : labels.en) as Labels;
}

/** Values must not end a line or a cell of the page layout. */
function oneLine(value: unknown): string {
  return String(value).replace(/\p{Cc}+/gu, " ");
}
