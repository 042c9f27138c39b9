/**
 * Tells the page (event `refused`) that the API has refused a call: the sign-in is over, or no longer allows what it did
 * when the page was opened.
 */
export const refused = new EventTarget();
