/** What finding EWS and sending a mail need of the world: requests with Windows authentication, Active Directory, DNS. */
import { resolveSrv } from 'node:dns/promises'
import * as z from 'zod'
import type { Post } from './webRequest.ts'

export interface Web {
  readonly post: Post
  /** Addresses of Autodiscover in Active Directory; none outside a domain. Never throws. */
  connectionPoints(): Promise<readonly string[]>
}

export interface SrvRecord {
  readonly name: string
  readonly port: number
  readonly priority: number
  readonly weight: number
}

/** Throws when there is no such name. */
export type ResolveSrv = (name: string) => Promise<readonly SrvRecord[]>

export const systemResolver: ResolveSrv = (name) => resolveSrv(name)

export const pointLine = z.object({ point: z.object({ url: z.string().max(2_000) }) })
