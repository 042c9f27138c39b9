import type { Customer, CustomerSource, Transaction, Variant } from "./customer";

const FIRST_PERIOD = "2026-06";
const TEXTS: Record<string, string[]> = {
  en: ["Direct debit", "Transfer", "Card payment", "Standing order", "Interest", "Account fee"],
  de: ["Lastschrift", "Überweisung", "Kartenzahlung", "Dauerauftrag", "Zinsen", "Kontoführungsgebühr"],
};

/**
 * `count` invented customers that depend only on `seed` and their index. Names are numbers, mail addresses lie in the
 * domain reserved for examples, mobile numbers in the range the German regulator keeps for fiction. With
 * `variantSets` the customers take these in turn.
 */
export function fictitiousCustomers(count: number, seed: number, period = FIRST_PERIOD, variantSets?: Variant[][]): CustomerSource {
  return {
    count,
    at: (index) => customer(seed, index, period),
    variantsAt: (index) => variantSets?.[index % variantSets.length],
    indexOf: (number) => {
      const index = Number(number) - 1;
      return Number.isInteger(index) && index >= 0 && index < count && numberAt(index) === number ? index : undefined;
    },
  };
}

function numberAt(index: number): string {
  return String(index + 1).padStart(6, "0");
}

function customer(seed: number, index: number, period: string): Customer {
  const random = randomFrom(seed * 1_000_003 + index);
  const number = numberAt(index);
  const language = random() < 0.5 ? "en" : "de";
  const transactions = Array.from({ length: 3 + Math.floor(random() * 10) }, () => transaction(random, language, period));
  const cents = transactions.reduce((sum, each) => sum + Math.round(each.amount * 100), Math.floor(random() * 1_000_000));
  return {
    number,
    name: language === "de" ? `Kunde ${number}` : `Customer ${number}`,
    address:
      language === "de"
        ? [`Musterstraße ${1 + (index % 99)}`, "00000 Musterstädtchen"]
        : [`${1 + (index % 99)} Example Street`, "Sampletown"],
    account: `${seed % 1000}`.padStart(3, "0") + number.padStart(9, "0"),
    period,
    currency: "EUR",
    balance: cents / 100,
    transactions,
    email: `customer${number}@example.com`,
    mobile: `+49171392000${index % 10}`,
    language,
  };
}

function transaction(random: () => number, language: string, period: string): Transaction {
  const texts = TEXTS[language] as string[];
  const day = String(1 + Math.floor(random() * 28)).padStart(2, "0");
  return {
    date: `${period}-${day}`,
    text: texts[Math.floor(random() * texts.length)] as string,
    amount: (Math.floor(random() * 200_000) - 100_000) / 100,
  };
}

/** A small generator of numbers in [0, 1) (mulberry32): the same seed gives the same numbers everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
