/** The mail to a user whose phone is kept out: template, language, reason and values. Pure. */
import { fillHtml, fillSubject, type NoticeValues } from './noticeTemplate.ts'
import { defaultSettings } from './settings.ts'
import type {
  EasRecord,
  Mailbox,
  NoticeReason,
  NoticeTemplate,
  NotificationSettings,
  Owner,
  Policy,
  Settings,
} from './types.ts'

export interface NoticeFacts {
  readonly record: Pick<EasRecord, 'deviceId' | 'deviceType' | 'deviceModel'>
  readonly mailbox: Pick<Mailbox, 'displayName' | 'primarySmtp' | 'addresses'> | null
  readonly owner: Owner | null
  readonly reason: NoticeReason
  /** null: there is none. */
  readonly activationLink: string | null
  readonly now: Date
}

/** For a person, each a sentence of its own. */
export const reasonTexts: Readonly<Record<NoticeReason, string>> = {
  notEnrolled: 'It is not enrolled with your organization.',
  notCompliant: 'It does not meet the security rules of your organization.',
  notRegistered: 'It is enrolled, but its registration with your organization is not complete.',
  complianceUnknown: 'It has not yet been checked against the security rules of your organization.',
  extraRule: 'Your organization does not allow this kind of device.',
}

/** Whether the page behind the link can help: what a rule keeps out, it keeps out. */
export function isActivatable(reason: NoticeReason): boolean {
  return reason !== 'extraRule'
}

export const reasonsWithNotice: ReadonlySet<string> = new Set(Object.keys(reasonTexts))

export const withoutLink = 'Please enroll the device with the Company Portal app, or ask your help desk.'

/** Sent where the policy has no template: nobody is cut off without a word. */
const builtIn =
  '<p>Hello {{displayName}},</p><p>this device cannot get mail from {{deadline}} on: {{deviceType}} {{deviceModel}} (id {{deviceId}}). {{reason}}</p>' +
  '<p><a href="{{activationLink}}">Set this device up for mail: open this link on the device itself, or scan the code with its camera.<br />{{activationQr}}</a></p>' +
  '<p>Your mailbox and your other devices are not affected.</p>'

/** A policy of an earlier version has none, or not all, of these settings. */
export function notificationOf({ notification }: Partial<Pick<Settings, 'notification'>>): NotificationSettings {
  return { ...defaultSettings.notification, ...notification }
}

/** null where neither mailbox nor user has an address. */
export function noticeMail(
  policy: Pick<Policy, 'notificationHtml' | 'settings'>,
  facts: NoticeFacts,
): { to: string; subject: string; html: string } | null {
  const to = facts.mailbox?.primarySmtp ?? facts.mailbox?.addresses[0] ?? facts.owner?.user.addresses[0]
  return to ? { to, ...renderNotice(policy, facts) } : null
}

/*
 * the user's language is de-AT | template
 * templates has de-at          | that one
 * templates has de             | that one
 * else                         | the policy's HTML, or the built-in one
 */
export function renderNotice(
  { notificationHtml, settings }: Pick<Policy, 'notificationHtml' | 'settings'>,
  { record, mailbox, owner, reason, activationLink, now }: NoticeFacts,
): { subject: string; html: string } {
  const notification = notificationOf(settings)
  const language = languageOf(notification, owner?.user.language)
  const own: Partial<NoticeTemplate> = language === null ? {} : (notification.templates[language] ?? {})
  const values: NoticeValues = {
    displayName: owner?.user.displayName ?? mailbox?.displayName ?? '',
    deviceType: record.deviceType ?? 'mobile device',
    deviceModel: record.deviceModel ?? '',
    deviceId: record.deviceId,
    reason: own.reasons?.[reason] ?? reasonTexts[reason],
    deadline: timeText(new Date(now.getTime() + notification.waitMinutes * 60_000), language),
    activationLink,
    withoutLink: own.withoutLink ?? withoutLink,
  }
  const subject = fillSubject(own.subject ?? notification.subject, values)
  return {
    subject: subject === '' ? 'Mail on your device' : subject,
    html: fillHtml(own.html ?? (notificationHtml === '' ? builtIn : notificationHtml), values),
  }
}

function languageOf({ templates }: NotificationSettings, language = ''): string | null {
  const [main = ''] = language.split('-')
  return [language, main].find((tag) => Object.hasOwn(templates, tag)) ?? null
}

/** To the minute, in UTC: where the reader is, nobody knows. */
function timeText(time: Date, language: string | null): string {
  const format = new Intl.DateTimeFormat(language ?? 'en-GB', {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  })
  return `${format.format(time)} UTC`
}
