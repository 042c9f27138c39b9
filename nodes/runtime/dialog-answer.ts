import { asDocbridgeError } from "../core/errors";

interface Answering {
  status(code: number): { json(body: unknown): void };
}

/** Answers an open dialog. It shows any failure in its own place, so that comes as data and not as a failed request. */
export function answer(res: Answering, work: () => Promise<object>): void {
  Promise.resolve()
    .then(work)
    .then(
      (body) => res.status(200).json(body),
      (thrown) => {
        const { code, message } = asDocbridgeError(thrown);
        res.status(200).json({ failure: { code, message } });
      },
    );
}
