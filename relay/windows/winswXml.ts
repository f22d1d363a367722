/** The configuration of WinSW 2 (https://github.com/winsw/winsw/blob/v2.12.0/doc/xmlConfigFile.md) for the relay as a service. Pure. */
import { commandLine } from './commandLine.ts'

export interface WinswService {
  readonly name: string
  readonly description: string
  readonly node: string
  /** Of node: the program and its own arguments. */
  readonly args: readonly string[]
  readonly folder: string
  /** DOMAIN\name of an account that needs no password: the file may be read by others. */
  readonly account: string
}

export function winswXml({ name, description, node, args, folder, account }: WinswService): string {
  const [user = '', domain = ''] = account.split('\\').toReversed()
  return `<?xml version="1.0" encoding="utf-8"?>
<service>
  <id>${escaped(name)}</id>
  <name>${escaped(name)}</name>
  <description>${escaped(description)}</description>
  <executable>${escaped(node)}</executable>
  <arguments>${escaped(commandLine(args))}</arguments>
  <workingdirectory>${escaped(folder)}</workingdirectory>
  <startmode>Automatic</startmode>
  <serviceaccount>
    <domain>${escaped(domain)}</domain>
    <user>${escaped(user)}</user>
    <allowservicelogon>true</allowservicelogon>
  </serviceaccount>
  <onfailure action="restart" delay="10 sec"/>
  <onfailure action="restart" delay="60 sec"/>
  <resetfailure>1 hour</resetfailure>
  <stoptimeout>60 sec</stoptimeout>
  <log mode="roll-by-size">
    <sizeThreshold>1024</sizeThreshold>
    <keepFiles>2</keepFiles>
  </log>
</service>
`
}

/** WinSW also replaces %NAME% by the variable of that name, and has no way to write a % that means itself: install.ts refuses those. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
