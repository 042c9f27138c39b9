import type { Collection } from "../../kernel/store";

/** Six hex digits in every id; the repository's own number (wire/documentum.md 7.2). */
export const REPOSITORY_ID = "0d0cb1";
export const NO_ID = "0000000000000000";

const BLOCK = 4096;
const FIRST = 0x80000000;

/**
 * Gives out object ids. A block of numbers is reserved in the store at a time, so that an id is never given twice,
 * not even after a kill and when its object is gone.
 */
export class IdSource {
  private next: number;
  private reserved: number;

  constructor(private readonly meta: Collection<{ next: number }>) {
    this.next = meta.get("ids")?.next ?? 0x100;
    this.reserved = this.next;
  }

  /** A number that grows with every call. */
  serial(): number {
    if (this.next >= this.reserved) {
      this.reserved = this.next + BLOCK;
      this.meta.put("ids", { next: this.reserved });
    }
    this.next += 1;
    return this.next - 1;
  }

  /** A new id whose first two digits tell the kind of object. */
  id(tag: string): string {
    return `${tag}${REPOSITORY_ID}${(FIRST + this.serial()).toString(16).padStart(8, "0")}`;
  }
}

/** The serial number in an id: the higher, the later it was given. */
export function serialOf(id: string): number {
  return Number.parseInt(id.slice(-8), 16) - FIRST;
}
