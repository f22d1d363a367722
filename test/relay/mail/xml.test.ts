import { describe, expect, test } from 'vitest'
import { buildXml, find, parseXml, xmlText } from '../../../relay/mail/xml.ts'

describe('what is read', () => {
  test('names come with their namespace, whatever prefix the server chose', () => {
    const root = parseXml('<a:x xmlns:a="urn:1" xmlns="urn:2"><y q="1"><a:z xmlns:a="urn:3">t</a:z></y></a:x>')
    expect(root).toEqual({
      namespace: 'urn:1',
      name: 'x',
      attributes: {},
      text: '',
      children: [
        {
          namespace: 'urn:2',
          name: 'y',
          attributes: { q: '1' },
          text: '',
          children: [{ namespace: 'urn:3', name: 'z', attributes: {}, text: 't', children: [] }],
        },
      ],
    })
    expect(find(root, 'urn:2', 'y')?.attributes).toEqual({ q: '1' })
    expect(find(root, 'urn:1', 'y')).toBeUndefined()
  })
  test('text is decoded once: the five entities, characters by number, CDATA as it stands', () => {
    const text = '<a>&amp;lt; &lt;p&gt; &#233;&#x1F600; &quot;&apos; &unknown; <![CDATA[<b>&amp;</b>]]></a>'
    expect(parseXml(text).text).toBe('&lt; <p> é😀 "\' &unknown; <b>&amp;</b>')
  })
  test.each([
    ['a document type', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
    ['HTML that is no XML', '<html><body><br><p>Sign in</body></html>'],
    ['nothing', ''],
    ['text', 'Service unavailable'],
    ['two roots', '<a/><b/>'],
    ['an open end', '<a><b></a>'],
    ['a prefix that nobody declared', '<s:a><s:b/></s:a>'],
    ['a tower of elements', `${'<a>'.repeat(60)}${'</a>'.repeat(60)}`],
    ['a megabyte and more', `<a>${'x'.repeat(1024 * 1024)}</a>`],
  ])('%s is refused, and not quoted', (_what, text) => {
    expect(() => parseXml(text)).toThrow(Error)
    try {
      parseXml(text)
    } catch (error) {
      expect((error as Error).message.length).toBeLessThan(120)
      expect((error as Error).message).not.toContain('Sign in')
    }
  })
})

describe('what is written', () => {
  const hostile = `</t:Body><x a="1" b='2'>&amp; <![CDATA[ ]]> $() § 😀 \u00e4`
  test('text and attributes are data, whatever is in them', () => {
    const xml = buildXml({ 'a:r': { '@xmlns:a': 'urn:a', '@q': hostile, 'a:t': hostile } })
    const root = parseXml(xml)
    expect([root.attributes['q'], root.children[0]?.text]).toEqual([hostile, hostile])
  })
  test('what XML cannot hold is replaced, and nothing else', () => {
    expect(xmlText('a\u0000b\u000bc\ud800d\uffffe')).toBe('a\ufffdb\ufffdc\ufffdd\ufffde')
    expect(xmlText('a\tb\nc\r\n😀')).toBe('a\tb\nc\r\n😀')
  })
})
