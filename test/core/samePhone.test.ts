import { expect, test } from 'vitest'
import { likeness } from '../../functions/core/samePhone.ts'
import { device, record } from './build.ts'

/** Type, model and user agent of the record; system and model of the device; platform and model. */
const table: [string | null, string | null, string | null, string | null, string | null, string, string][] = [
  ['iPhone', 'iPhone14C2', null, 'iOS', 'iPhone 13 Pro', 'same', 'same'],
  ['iPhone', 'iPhone14C2', null, 'iOS', 'iPhone14,2', 'same', 'same'],
  ['iPhone', 'iPhone14C2', null, 'iOS', 'iPhone14,3', 'same', 'different'],
  ['iPhone', 'iPhone14C2', null, 'iOS', 'iPhone 14', 'same', 'different'],
  ['iPhone', 'iPhone14C2', null, 'iOS', 'A phone of 2031', 'same', 'unknown'],
  ['iPhone', 'iPhone99C9', null, 'iOS', 'iPhone 14', 'same', 'unknown'],
  ['iPhone', 'iPhone99C9', null, 'iOS', 'iPhone99,9', 'same', 'same'],
  ['iPhone', 'iPhone1C2', null, 'iOS', 'iPhone1,24', 'same', 'different'],
  ['iPhone', 'iPhone', 'Apple-iPhone14C2/2104.65', 'iOS', 'iPhone 13 Pro', 'same', 'same'],
  ['iPhone', null, null, 'iOS', 'iPhone 13 Pro', 'same', 'unknown'],
  ['iPhone', 'iPhone14C2', null, 'iOS', null, 'same', 'unknown'],
  ['iPad', 'iPad13C1', null, 'iOS', 'iPhone 13 Pro', 'same', 'different'],
  ['iPad', 'iPad13C1', null, 'iPadOS', 'iPad Air (4th generation)', 'same', 'unknown'],
  ['iPhone', 'iPhone14C2', null, 'Android', 'SM-S921B', 'different', 'different'],
  ['iPhone', 'iPhone14C2', null, 'Windows', 'iPhone 13 Pro', 'different', 'different'],
  ['iPhone', 'iPhone14C2', null, null, 'iPhone 13 Pro', 'unknown', 'same'],
  ['Android', 'SM-S921B', null, 'Android', 'SM-S921B', 'same', 'same'],
  ['Android', 'sm-s921b', null, 'AndroidForWork', 'samsung SM-S921B', 'same', 'same'],
  ['Android', 'SM-S921B', null, 'Android', 'SM-S921U', 'same', 'different'],
  ['Android', 'SM-S921', null, 'Android', 'SM-S921B', 'same', 'different'],
  ['Android', 'Android', null, 'Android', 'SM-S921B', 'same', 'unknown'],
  ['SAMSUNGSMS921B', 'SM-S921B', null, 'Android', 'SM-S921B', 'same', 'same'],
  ['Outlook', 'Outlook for iOS and Android', null, 'Linux', 'x', 'unknown', 'different'],
  ['WP8', 'Lumia 950', null, 'WindowsPhone', 'Lumia 950', 'same', 'same'],
  [null, null, null, null, null, 'unknown', 'unknown'],
]

test.each([
  ['Android', 'SM-S921B'],
  ['iOS', 'iPhone 13 Pro'],
])('what names two systems says nothing of either: Outlook beside %s', (operatingSystem, model) => {
  for (const said of [{ deviceOs: 'Outlook for iOS and Android 1.0' }, { userAgent: 'Outlook-iOS-Android/1.0' }]) {
    const outlook = record({ deviceType: 'Outlook', deviceModel: null, deviceOs: null, userAgent: null, ...said })
    expect(likeness(outlook, device({ operatingSystem, model })).platform).toBe('unknown')
  }
})

test.each(table)(
  '%s %s (%s) beside %s %s: platform %s… model %s',
  (deviceType, deviceModel, userAgent, operatingSystem, model, platform, agrees) => {
    const found = likeness(
      record({ deviceType, deviceModel, userAgent, deviceOs: null }),
      device({ operatingSystem, model }),
    )
    expect(found).toEqual({ platform, model: agrees })
  },
)
