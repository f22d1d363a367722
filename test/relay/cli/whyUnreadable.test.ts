import { expect, test } from 'vitest'
import { whyUnreadable } from '../../../relay/cli/whyUnreadable.ts'

const refused = (code: string) => Object.assign(new Error(`${code}: refused, open 'x'`), { code })

test.each([
  ['is not there', refused('ENOENT'), 'there is no /data/x; check its name and folder'],
  ['is a folder', refused('EISDIR'), '/data/x is a folder; name the file in it'],
  ['is closed to us', refused('EACCES'), "EACCES: refused, open 'x'; give this account the right to read it"],
  ['is closed by Windows', refused('EPERM'), "EPERM: refused, open 'x'; give this account the right to read it"],
  ['broke in the middle', refused('EIO'), "EIO: refused, open 'x'"],
])('a file that %s is told with what to do, where that is known', (_what, error, expected) => {
  expect(whyUnreadable(error, '/data/x')).toBe(expected)
})
