/** Names and phones of the sample company. */

export const firstNames =
  'Ana Ben Cleo Dan Eve Fay Gus Hal Ida Jon Kim Lou Mia Ned Oda Pia Quin Rob Sue Tom Uma Vic Wes Xia Yan Zoe Ada Bo Cy Dee'.split(
    ' ',
  )
export const lastNames =
  'Adams Berg Costa Diaz Egger Fischer Gomes Hansen Ito Jensen Khan Larsen Moreau Novak Olsen Peters Quist Rossi Silva Tanaka'.split(
    ' ',
  )

export interface Phone {
  readonly type: string
  readonly model: string
  readonly os: string
  readonly userAgent: string
  readonly prefix: string
  readonly platform: string
}

/** The first four are what most people carry. */
export const phones: readonly Phone[] = [
  {
    type: 'iPhone',
    model: 'iPhone14C2',
    os: 'iOS 17.4',
    userAgent: 'Apple-iPhone14C2/2104.65',
    prefix: 'Appl',
    platform: 'iOS',
  },
  {
    type: 'Android',
    model: 'Pixel 8',
    os: 'Android 14',
    userAgent: 'Android-Mail/2024.1',
    prefix: 'androidc',
    platform: 'Android',
  },
  {
    type: 'iPhone',
    model: 'iPhone15C4',
    os: 'iOS 18.1',
    userAgent: 'Apple-iPhone15C4/2201.5',
    prefix: 'Appl',
    platform: 'iOS',
  },
  {
    type: 'SAMSUNGSMS921B',
    model: 'SM-S921B',
    os: 'Android 15',
    userAgent: 'SAMSUNG-SM-S921B/1015',
    prefix: 'SEC',
    platform: 'Android',
  },
  {
    type: 'iPad',
    model: 'iPad13C1',
    os: 'iPadOS 17.4',
    userAgent: 'Apple-iPad13C1/2104.65',
    prefix: 'Appl',
    platform: 'iPadOS',
  },
  {
    type: 'Scanner',
    model: 'MC3300',
    os: 'Android 10',
    userAgent: 'Android-Mail/10',
    prefix: 'SCN',
    platform: 'Android',
  },
  {
    type: 'WP8',
    model: 'Lumia 950',
    os: 'Windows Phone 8.10',
    userAgent: 'MSFT-WP/8.10.14219',
    prefix: 'WP',
    platform: 'WindowsPhone',
  },
]
