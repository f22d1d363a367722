/** The activation pages in German. Pure data. */
import type { Texts } from './texts.ts'

export const de: Texts = {
  confirmTitle: 'Dieses Telefon mit Ihrer E-Mail verbinden',
  confirm: [
    'Öffnen Sie diese Seite auf dem Telefon, das E-Mails bekommen soll, nicht auf einem anderen Computer oder Telefon.',
    'Ihre Organisation erkennt dann, dass dieses Telefon Ihnen gehört und verwaltet wird, und lässt es zu.',
  ],
  device: 'Telefon',
  deviceId: 'Seine Kennung in Ihrem Postfach',
  signedInAs: 'Angemeldet als',
  unknownDevice: 'Mobilgerät',
  button: 'Das ist mein Telefon: verbinden',
  again: 'Noch einmal nachsehen',
  openAgain: 'Noch einmal öffnen',
  askAdministrator: 'Lieber einen Administrator fragen',
  notYou: 'Das bin ich nicht: anders anmelden',
  simulated: 'Simulierte Anmeldung, zum Ausprobieren.',
  notCompliantYet:
    'Das Telefon erfüllt die Sicherheitsregeln Ihrer Organisation noch nicht. Öffnen Sie darauf die App Unternehmensportal und tun Sie, was sie verlangt; danach kommen die E-Mails von selbst.',
  tellings: {
    badLink: [
      'Dieser Link funktioniert nicht',
      'Er ist nicht vollständig oder stammt nicht von diesem Dienst. Öffnen Sie den ganzen Link aus der E-Mail, oder scannen Sie den Code darin noch einmal.',
      'Hilft das nicht, lassen Sie sich von Ihrem Helpdesk einen neuen Link geben.',
    ],
    expired: [
      'Dieser Link ist zu alt',
      'Solche Links gelten sieben Tage. Lassen Sie sich von Ihrem Helpdesk einen neuen geben; inzwischen hat sich nichts geändert.',
    ],
    recordGone: [
      'Dieses Telefon ist nicht mehr bekannt',
      'Seine Verbindung mit Ihrem Postfach wurde entfernt. Richten Sie das E-Mail-Konto auf dem Telefon neu ein; Sie bekommen eine neue E-Mail, wenn etwas zu tun ist.',
    ],
    unavailable: [
      'Diese Seite ist gerade nicht benutzbar',
      'Auf unserer Seite ist etwas nicht bereit. Es hat sich nichts geändert; bitte versuchen Sie es in einigen Minuten noch einmal. Bleibt es dabei, sagen Sie es Ihrem Helpdesk.',
    ],
    badForm: [
      'Bitte noch einmal',
      'Die Seite war zu lange offen oder wurde nicht von hier aus geöffnet. Es hat sich nichts geändert. Öffnen Sie den Link aus der E-Mail noch einmal.',
    ],
    otherUser: [
      'Dieser Link ist für jemand anderen',
      'Sie sind mit einem anderen Konto angemeldet als dem, dessen Postfach dieses Telefon benutzt. Melden Sie sich mit dem Konto an, das die E-Mail bekommen hat.',
      'War die E-Mail für jemand anderen bestimmt, lassen Sie sie bitte von dieser Person selbst öffnen.',
    ],
    noOwner: [
      'Ihr Postfach ist keinem Konto zugeordnet',
      'Wir können nicht feststellen, wessen Postfach dieses Telefon benutzt. Sagen Sie es Ihrem Helpdesk, der das richten kann; danach funktioniert der Link.',
    ],
    othersDevice: [
      'Dieses Gerät gehört jemand anderem',
      'Sie benutzen ein Gerät, das für eine andere Person oder für niemanden registriert ist. Öffnen Sie den Link auf Ihrem eigenen Telefon.',
      'Ist es Ihr Telefon, lassen Sie sich vom Helpdesk als Hauptbenutzer eintragen und öffnen Sie den Link danach noch einmal.',
    ],
    notEnrolled: [
      'Dieses Gerät ist noch nicht registriert',
      'Ihre Organisation verwaltet das Gerät, das Sie benutzen, nicht. Installieren Sie auf dem Telefon die App Unternehmensportal, melden Sie sich dort an und registrieren Sie es.',
      'Öffnen Sie danach den Link noch einmal auf diesem Telefon.',
    ],
    notManaged: [
      'Dieses Gerät wird nicht mehr verwaltet',
      'Seine Registrierung ist beendet oder nicht vollständig. Öffnen Sie auf dem Telefon die App Unternehmensportal, registrieren Sie es neu und öffnen Sie den Link noch einmal.',
    ],
    notCompliant: [
      'Keines Ihrer Geräte erfüllt die Regeln',
      'Öffnen Sie auf dem Telefon die App Unternehmensportal und tun Sie, was sie verlangt; öffnen Sie danach den Link noch einmal.',
    ],
    otherPhone: [
      'Das ist nicht das Telefon, um das es geht',
      'Das Gerät, das Sie benutzen, ist von anderer Art als das Telefon, das E-Mails möchte. Öffnen Sie den Link auf jenem Telefon: Scannen Sie den Code in der E-Mail mit seiner Kamera.',
    ],
    bound: [
      'Ihr Telefon ist verbunden',
      'In einigen Minuten sollten E-Mails ankommen. Sie können diese Seite schließen.',
    ],
    known: [
      'Ihr Telefon ist schon bekannt',
      'Es gibt nichts zu verbinden. Wir sehen es uns gerade noch einmal an; erfüllt es die Regeln, sollten in einigen Minuten E-Mails ankommen.',
    ],
    waiting: [
      'Ein Administrator sieht es sich an',
      'Wir konnten nicht selbst sicherstellen, dass es dieses Telefon ist. Ein Administrator wurde gefragt und sieht, was Sie uns gesagt haben. Sie müssen nichts tun.',
    ],
    late: [
      'Ihre Anmeldung ist noch nicht sichtbar',
      'Es kann einige Minuten dauern, bis wir sehen, von welchem Gerät Sie sich angemeldet haben. Warten Sie ein wenig und sehen Sie noch einmal nach, oder fragen Sie lieber einen Administrator.',
    ],
    usedBound: [
      'Ihr Telefon ist verbunden',
      'Dieser Link wurde schon benutzt, und das Telefon ist verbunden. Sie können diese Seite schließen.',
    ],
    usedWaiting: [
      'Ein Administrator sieht es sich an',
      'Dieser Link wurde schon benutzt. Ein Administrator wurde gefragt; Sie müssen nichts tun.',
    ],
    usedRejected: [
      'Ein Administrator hat abgelehnt',
      'Ein Administrator hat es abgelehnt, dieses Telefon zu verbinden. Ihr Helpdesk kann Ihnen sagen, warum.',
    ],
    usedEnded: [
      'Das Telefon ist nicht mehr verbunden',
      'Ein Administrator hat die Verbindung beendet; dieser Link ist von vorher. Ihr Helpdesk kann Ihnen einen neuen Link geben.',
    ],
  },
}
