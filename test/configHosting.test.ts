import { expect, test } from 'vitest'
import { readHosting, type Hosting } from '../functions/configHosting.ts'

const nowhere: Hosting = { isAzure: false, hasBuiltInAuth: false, isLoopbackAdmin: false }
const azure: Hosting = { ...nowhere, isAzure: true }

const cases: [string, Record<string, string>, Hosting][] = [
  ['nothing set', {}, nowhere],
  ['a developer’s machine', { EASGATE_ADMIN_LOOPBACK: 'true' }, { ...nowhere, isLoopbackAdmin: true }],
  ['switched off', { EASGATE_ADMIN_LOOPBACK: 'false' }, nowhere],
  ['anything but true is off', { EASGATE_ADMIN_LOOPBACK: '1' }, nowhere],
  ['a site of Azure', { WEBSITE_SITE_NAME: 'x' }, azure],
  ['an instance of Azure', { WEBSITE_INSTANCE_ID: 'x' }, azure],
  ['a container app', { CONTAINER_APP_NAME: 'x' }, azure],
  [
    'with authentication in front',
    { WEBSITE_SITE_NAME: 'x', WEBSITE_AUTH_ENABLED: 'True' },
    { ...azure, hasBuiltInAuth: true },
  ],
  ['with authentication off', { WEBSITE_SITE_NAME: 'x', WEBSITE_AUTH_ENABLED: 'False' }, azure],
  [
    'where the operator says it is on',
    { WEBSITE_SITE_NAME: 'x', EASGATE_BUILT_IN_AUTH: 'true' },
    { ...azure, hasBuiltInAuth: true },
  ],
  ['outside Azure nothing stands in front', { WEBSITE_AUTH_ENABLED: 'True', EASGATE_BUILT_IN_AUTH: 'true' }, nowhere],
  ['in Azure loopback is nobody', { WEBSITE_SITE_NAME: 'x', EASGATE_ADMIN_LOOPBACK: 'true' }, azure],
]
test.each(cases)('%s', (_title, env, expected) => {
  expect(readHosting(env)).toEqual(expected)
})
