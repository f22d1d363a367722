// How people get in, as Bicep has it: what the platform lets through without looking, and what the activation page needs to send people to Entra ID.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { routes } from '../../functions/api/routes.ts'

const read = (name: string) => readFileSync(new URL(`../../infra/modules/${name}.bicep`, import.meta.url), 'utf8')
const authentication = read('authentication')

test('the platform looks at every caller but those of /health, which believes nobody in Azure: a header that names a caller could be anybody’s there', () => {
  expect(/^ *excludedPaths: (.*)$/m.exec(authentication)?.[1]).toBe("['/health']")
  expect(routes.filter(({ path }) => path.startsWith('health'))).toEqual([])
})

test('who is not signed in reaches the app, which answers programs with 401 and sends the activation page’s visitors to the sign-in', () => {
  expect(authentication).toContain(
    "unauthenticatedClientAction: browserSignIn ? 'RedirectToLoginPage' : 'AllowAnonymous'",
  )
  expect(authentication).toContain('requireAuthentication: browserSignIn\n')
})

test('the app registration gives browsers what built-in authentication asks for, at both of the app’s addresses', () => {
  const registration = read('appRegistration')
  expect(registration).toMatch(/implicitGrantSettings: \{ enableIdTokenIssuance: true \}/)
  expect(registration).toContain("'${publicUrl}/.auth/login/aad/callback'")
  expect(registration).toContain("'https://${appHost}/.auth/login/aad/callback'")
})
