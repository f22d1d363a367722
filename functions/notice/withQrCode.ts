/** A mail with its activation link as a picture: the phone that is kept out cannot read the mail, so it is read elsewhere and scanned. */
import qrcode from 'qrcode'
import type { Mail } from '../core/mail.ts'
import { qrImage } from '../core/noticeTemplate.ts'

/** Only where its HTML shows the picture. A mail carries it itself: nothing is loaded from anywhere. */
export async function withQrCode<T extends Pick<Mail, 'html'>>(
  mail: T,
  link: string | null,
): Promise<T & Pick<Mail, 'imagePng'>> {
  if (link === null || !mail.html.includes(qrImage)) return mail
  const png = await qrcode.toBuffer(link, { type: 'png', errorCorrectionLevel: 'M', margin: 4, scale: 5 })
  return { ...mail, imagePng: png.toString('base64') }
}
