import { expect, test } from 'vitest'
import { withoutArguments } from '../../../relay/powershell/withoutArguments.ts'

const settings = {
  parallel: 1,
  connection: { server: 'ex01', account: { user: 'C\\ex', password: 'pa$$wörd-of-exchange' } },
}
const argument = Buffer.from(JSON.stringify(settings)).toString('base64')
const wrapped = argument.replace(/(.{40})/g, '$1\n')

test.each([
  ['whole', `+ Open-Easgate '${argument}'\n+ ~~~~~~~~~~~~`, "+ Open-Easgate '***'\n+ ~~~~~~~~~~~~"],
  ['cut by PowerShell', `+ Open-Easgate '${argument.slice(0, 50)} ...`, "+ Open-Easgate '***..."],
  ['wrapped over lines', `   1 | Open-Easgate '${wrapped}'`, "   1 | Open-Easgate '***'"],
  ['without its beginning', `${argument.slice(30)}' is wrong`, "***' is wrong"],
])('an argument that is %s is taken out', (_what, text, expected) => {
  expect(withoutArguments(text)).toBe(expected)
})

test('what else the child wrote stays', () => {
  const text =
    'The term Open-Easgate is not recognized.\nAt C:\\Program Files\\easgate\\relay\\powershell\\Easgate.psm1:12 char:1'
  expect(withoutArguments(text)).toBe(text)
})
