/** Where the app runs, as far as it decides whom HTTP trusts. Read apart from the rest: it must hold when other settings are wrong. */
import { setting, type Environment } from './configSetting.ts'

export interface Hosting {
  readonly isAzure: boolean
  /** The platform's authentication stands in front and takes `x-ms-client-principal` away from callers who forge it. */
  readonly hasBuiltInAuth: boolean
  /** A caller on this machine's own loopback is an administrator; never in Azure. */
  readonly isLoopbackAdmin: boolean
}

/*
 * WEBSITE_AUTH_ENABLED is what App Service sets when its authentication is on ("Environment variables and app settings in Azure
 * App Service", Authentication & Authorization). EASGATE_BUILT_IN_AUTH is for plans that do not set it: an operator's word.
 */
export function readHosting(env: Environment): Hosting {
  const isOn = (name: string) => setting(env, name)?.toLowerCase() === 'true'
  const marks = ['WEBSITE_SITE_NAME', 'WEBSITE_INSTANCE_ID', 'CONTAINER_APP_NAME']
  const isAzure = marks.some((name) => setting(env, name) !== undefined)
  return {
    isAzure,
    hasBuiltInAuth: isAzure && (isOn('WEBSITE_AUTH_ENABLED') || isOn('EASGATE_BUILT_IN_AUTH')),
    isLoopbackAdmin: !isAzure && isOn('EASGATE_ADMIN_LOOPBACK'),
  }
}
