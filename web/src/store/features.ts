// What the server beside this page can do; the page is built with it, and knows.

/** Files can be sent: `POST /api/media` is there. */
export const hasMedia: boolean = false;
