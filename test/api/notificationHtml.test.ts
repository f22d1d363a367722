import { describe, expect, test } from 'vitest'
import { cleanHtml } from '../../functions/api/notificationHtml.ts'

describe('what is dangerous, or could not work in a mail, is refused by its name and with what to do', () => {
  test.each([
    ['<script>alert(1)</script>', 'must not have <script>; take it out'],
    ['<SCRIPT src="https://c.com/x.js"></SCRIPT>', 'must not have <script>; take it out'],
    ['<p onclick="x()">a</p>', 'must not have the attribute onclick of <p>; take it out'],
    ['<img src=x ONERROR=alert(1)>', 'must not have the attribute onerror of <img>; take it out'],
    ['<svg/onload=alert(1)>', 'must not have <svg>'],
    [
      '<form action="https://evil.example"><input name="password"></form>',
      'must not have <form>; take it out; must not have <input>',
    ],
    ['<iframe srcdoc="x"></iframe>', 'must not have <iframe>'],
    ['<style>p{}</style>', 'must not have <style>'],
    ['<meta http-equiv="refresh" content="0;url=https://c.com">', 'must not send its reader elsewhere'],
    ['<base href="https://c.com">', 'must not have <base>'],
    [
      '<a href="javascript:alert(1)">x</a>',
      'has an address that must not stand in a mail (<a href="javascript:alert(1)">); begin it with https:',
    ],
    ['<a href=" java&#10;script:alert(1)">x</a>', 'has an address that must not stand in a mail'],
    ['<a href="&#106;avascript:alert(1)">x</a>', 'has an address that must not stand in a mail'],
    ['<a href="vbscript:x">x</a>', 'has an address that must not stand in a mail'],
    ['<a href="data:text/html,x">x</a>', 'has an address that must not stand in a mail'],
    ['<a href="//c.com">x</a>', 'has an address that must not stand in a mail'],
    ['<a href="/help">x</a>', 'has an address that must not stand in a mail'],
    ['<img src="http://c.com/a.png">', 'begin it with https:, cid:'],
    ['<td background="https://c.com/a.png">x</td>', 'take it out'],
    ['<p style="background:url(https://c.com/x)">x</p>', 'has a style that loads or hides something'],
    ['<p style="{{reason}}">x</p>', 'has a style that loads or hides something'],
    ['<a href="{{displayName}}">x</a>', 'there only {{activationLink}} may stand, alone, in <a href>'],
    ['<a href="https://c.com/{{activationLink}}">x</a>', 'there only {{activationLink}} may stand'],
    ['<img src="{{activationLink}}">', 'there only {{activationLink}} may stand'],
    ['<img alt="{{activationQr}}" src="cid:easgate">', 'it becomes a picture, so put it between elements'],
    ['{<!-- -->{nmae}}', 'without its other half'],
    ['{<!-- -->{nmae}<!-- -->}', 'unknown placeholder {{nmae}}'],
    ['x'.repeat(32_001), 'has 32001 characters of HTML, at most 32000 fit in a mail'],
  ])('%s', (html, problem) => {
    expect(cleanHtml(html)).toEqual({ problem: expect.stringContaining(problem) })
  })
})

describe('formatting stays', () => {
  test.each([
    '<p>Hello {{displayName}}, your {{deviceType}}: <a href="{{activationLink}}">start here</a>.</p>',
    '<table width="100%" style="color:#333"><tr><td align="left">Grüße &amp; 1 &lt; 2</td></tr></table>',
    '<img src="cid:easgate" alt="" /><a href="mailto:desk@c.com">desk</a>',
    '<p title="{{displayName}}">x</p>',
    '<p>{{activationQr}}</p>',
  ])('%s', (html) => {
    expect(cleanHtml(html)).toEqual({ html })
  })
  test('what is harmless and unknown is left out, its text stays, and cleaning again changes nothing', () => {
    const given =
      '<html><head><title>T</title></head><body><o:p>a</o:p><!-- c --><font color="red">b</font></body></html>'
    const html = 'a<font color="red">b</font>'
    expect(cleanHtml(given)).toEqual({ html })
    expect(cleanHtml(html)).toEqual({ html })
  })
})
