import { describe, expect, test } from 'vitest'
import {
  noticeMail,
  reasonTexts,
  renderNotice,
  withoutLink,
  type NoticeFacts,
} from '../../functions/core/noticeMail.ts'
import { fillHtml, fillSubject, placeholderProblem, type NoticeValues } from '../../functions/core/noticeTemplate.ts'
import { defaultPolicy, defaultSettings } from '../../functions/core/settings.ts'
import type { NotificationSettings } from '../../functions/core/types.ts'
import { mailbox, now, owner, record } from './build.ts'

const values: NoticeValues = {
  displayName: `<b>"O'Neil" & {{reason}}</b>`,
  deviceType: 'iPhone',
  deviceModel: '$& $1',
  deviceId: 'X\r\nBcc: a@b.c',
  reason: 'Why.',
  deadline: 'then',
  activationLink: null,
  withoutLink: 'Ask <us>.',
}

describe('values become text, wherever they stand', () => {
  test.each([
    ['{{displayName}}', '&lt;b&gt;&quot;O&#39;Neil&quot; &amp; {{reason}}&lt;/b&gt;'],
    ['<p title="{{displayName}}">', '<p title="&lt;b&gt;&quot;O&#39;Neil&quot; &amp; {{reason}}&lt;/b&gt;">'],
    ['{{deviceModel}} {{deviceType}}', '$&amp; $1 iPhone'],
    ['{{reason}}{{reason}}', 'Why.Why.'],
  ])('%s', (html, filled) => {
    expect(fillHtml(html, values)).toBe(filled)
  })
  test('a subject is one line of at most 255 characters, half a character never ends it', () => {
    expect(fillSubject('{{deviceId}}', values)).toBe('X Bcc: a@b.c')
    const long = fillSubject('x{{displayName}}', { ...values, displayName: '😀'.repeat(300) })
    expect(long).toBe(`x${'😀'.repeat(127)}`)
  })
})

describe('the activation link', () => {
  test.each([
    ['<p>Go <a href="{{activationLink}}">start here</a>.</p>', '<p>Go Ask &lt;us&gt;..</p>'],
    [
      '<a class="b" href="{{activationLink}}" target="_blank"><b>x</b>\n</a>|<a href="https://c.com">c</a>',
      'Ask &lt;us&gt;.|<a href="https://c.com">c</a>',
    ],
    ['or {{activationLink}}', 'or Ask &lt;us&gt;.'],
  ])('where there is none, a sentence stands in place of its element: %s', (html, filled) => {
    expect(fillHtml(html, values)).toBe(filled)
  })
  test('where there is one it is escaped as every value', () => {
    const link = { ...values, activationLink: 'https://c.com/?a=1&b="2"' }
    expect(fillHtml('<a href="{{activationLink}}">x</a>', link)).toBe(
      '<a href="https://c.com/?a=1&amp;b=&quot;2&quot;">x</a>',
    )
  })
})

test.each([
  ['{{reason}} {{deviceId}}', null],
  ['{{nmae}}', /^unknown placeholder \{\{nmae\}\}; known are \{\{displayName\}\}, /],
  ['{{reason}', 'has {{ or }} without its other half'],
])('what is wrong with %s', (text, problem) => {
  const found = placeholderProblem(text)
  if (problem instanceof RegExp) expect(found).toMatch(problem)
  else expect(found).toBe(problem)
})

const facts: NoticeFacts = {
  record: record(),
  mailbox: mailbox(),
  owner: owner({ user: { displayName: 'Ana Alves' } }),
  reason: 'notEnrolled',
  activationLink: null,
  now,
}
const policy = (notification: Partial<NotificationSettings>, notificationHtml = '') => ({
  ...defaultPolicy,
  notificationHtml,
  settings: { ...defaultSettings, notification: { ...defaultSettings.notification, ...notification } },
})

test('without a template the built-in one says who, which device, why and what to do', () => {
  const { subject, html } = renderNotice(policy({}), facts)
  expect(subject).toBe('Mail on your iPhone')
  for (const part of [
    'Ana Alves',
    'iPhone iPhone14C2',
    'ApplANA1',
    reasonTexts.notEnrolled,
    withoutLink,
    '21 November 2026',
  ])
    expect(html).toContain(part)
  expect(html).not.toContain('{{')
})

test('the deadline is when the wait ends', () => {
  expect(renderNotice(policy({ waitMinutes: 90 }, '{{deadline}}'), facts).html).toMatch(
    /^21 November 2026.* 09:30 UTC$/,
  )
})

test('what nobody knows of a phone or its user leaves no hole', () => {
  const unknown = { ...facts, record: record({ deviceType: null, deviceModel: null }), owner: null }
  expect(renderNotice(policy({}, '{{displayName}}|{{deviceType}}|{{deviceModel}}'), unknown)).toEqual({
    subject: 'Mail on your mobile device',
    html: 'Ana|mobile device|',
  })
})

describe('the template is the one of the user’s language', () => {
  const template = (html: string) => ({ subject: html, html })
  const templates = { de: template('de'), 'pt-br': template('pt-br') }
  test.each([
    ['de', 'de'],
    ['de-at', 'de'],
    ['pt-br', 'pt-br'],
    ['pt', 'own'],
    ['fr', 'own'],
    ['constructor', 'own'],
    [undefined, 'own'],
  ])('%s: %s', (language, expected) => {
    const user = owner({ user: language === undefined ? {} : { language } })
    expect(renderNotice(policy({ templates }, 'own'), { ...facts, owner: user }).html).toBe(expected)
  })
})

test.each([
  ['the mailbox’s primary address', facts, 'ana@contoso.com'],
  ['else another of it', { ...facts, mailbox: mailbox({ primarySmtp: null, addresses: ['b@c.com'] }) }, 'b@c.com'],
  ['else the user’s', { ...facts, mailbox: null, owner: owner({ user: { addresses: ['u@c.com'] } }) }, 'u@c.com'],
  ['else nobody’s', { ...facts, mailbox: null, owner: null }, undefined],
])('it goes to %s', (_whose, given, to) => {
  expect(noticeMail(policy({}), given)?.to).toBe(to)
})
