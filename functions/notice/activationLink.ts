/** The link in a mail that leads its reader to the page where the phone is activated. The one place that makes it. */

/** null: this installation has no activation page; the mail says what to do instead. */
export function activationLink(): string | null {
  return null
}
