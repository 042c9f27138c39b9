/** Tells the page (event `end`) that the API no longer takes the sign-in. */
export const signedOut = new EventTarget();
