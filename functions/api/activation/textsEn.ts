/** The activation pages in English. Pure data. */
import type { Texts } from './texts.ts'

export const en: Texts = {
  confirmTitle: 'Connect this phone to your mail',
  confirm: [
    'Open this page on the phone that is to get mail, not on another computer or phone.',
    'Your organization then sees that this phone is yours and is managed, and lets it in.',
  ],
  device: 'Phone',
  deviceId: 'Its id in your mailbox',
  signedInAs: 'Signed in as',
  unknownDevice: 'mobile device',
  button: 'This is my phone: connect it',
  again: 'Look again',
  openAgain: 'Open it again',
  askAdministrator: 'Ask an administrator instead',
  notYou: 'This is not me: sign in as somebody else',
  simulated: 'Simulated sign-in, for trying things out.',
  notCompliantYet:
    'The phone does not meet the security rules of your organization yet. Open the Company Portal app on it and do what it asks for; mail comes by itself after that.',
  tellings: {
    badLink: [
      'This link does not work',
      'It is not complete, or it was not made by this service. Open the whole link from the mail, or scan the code in it again.',
      'If that does not help, ask your help desk for a new link.',
    ],
    expired: [
      'This link is too old',
      'Links like this one work for seven days. Ask your help desk for a new one; nothing has changed meanwhile.',
    ],
    recordGone: [
      'This phone is not known any more',
      'Its connection to your mailbox was removed. Set up your mail account on the phone again; you will get a new mail if there is something to do.',
    ],
    unavailable: [
      'This page cannot be used right now',
      'Something on our side is not ready. Nothing has changed; please try again in some minutes. If it stays like this, tell your help desk.',
    ],
    badForm: [
      'Please try again',
      'The page was open for too long, or it was not opened from this site. Nothing has changed. Open the link from the mail once more.',
    ],
    otherUser: [
      'This link is for somebody else',
      'You are signed in with another account than the one whose mailbox this phone uses. Sign in with the account that got the mail.',
      'If the mail was meant for somebody else, please let them open it themselves.',
    ],
    noOwner: [
      'Your mailbox is not tied to your account',
      'We cannot tell whose mailbox this phone uses. Tell your help desk, who can put that right; the link works afterwards.',
    ],
    othersDevice: [
      'This device belongs to somebody else',
      'You are using a device that is registered for another person, or for nobody. Open the link on your own phone.',
      'If it is your phone, let your help desk make you its primary user, then open the link again.',
    ],
    notEnrolled: [
      'This device is not enrolled yet',
      'Your organization does not manage the device that you are using. Install the Company Portal app on the phone, sign in there and enroll it.',
      'Then open the link again on that phone.',
    ],
    notManaged: [
      'This device is not managed any more',
      'Its enrollment has ended, or is not complete. Open the Company Portal app on the phone and enroll it again, then open the link once more.',
    ],
    notCompliant: [
      'No device of yours meets the rules',
      'Open the Company Portal app on the phone and do what it asks for, then open the link again.',
    ],
    otherPhone: [
      'This is not the phone in question',
      'The device that you are using is of another kind than the phone that asks for mail. Open the link on that phone: scan the code in the mail with its camera.',
    ],
    bound: ['Your phone is connected', 'Mail should arrive within some minutes. You can close this page.'],
    known: [
      'Your phone is known already',
      'There is nothing to connect. We are looking at it once more right now; mail should arrive within some minutes if it meets the rules.',
    ],
    waiting: [
      'An administrator will look at it',
      'We could not make sure by ourselves that this is the phone. An administrator has been asked and sees what you told us. You need not do anything.',
    ],
    late: [
      'Your sign-in is not visible yet',
      'It can take some minutes until we can see from which device you signed in. Wait a little and look again, or ask an administrator instead.',
    ],
    usedBound: [
      'Your phone is connected',
      'This link was used already, and the phone is connected. You can close this page.',
    ],
    usedWaiting: [
      'An administrator will look at it',
      'This link was used already. An administrator has been asked; you need not do anything.',
    ],
    usedRejected: [
      'An administrator declined',
      'An administrator declined to connect this phone. Your help desk can tell you why.',
    ],
    usedEnded: [
      'The phone is not connected any more',
      'An administrator ended its connection; this link is from before that. Your help desk can give you a new link.',
    ],
  },
}
