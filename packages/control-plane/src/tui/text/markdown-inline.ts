import type { Token, Tokens } from 'marked';
import type { Span, Tone } from './line.ts';

/** What stands in a paragraph, as spans. Line ends of the source are spaces, those that were meant are `\n`. */
export function inlineSpans(tokens: readonly Token[], tone: Tone = 'normal', depth = 0): Span[] {
  if (depth > 20) return [{ text: tokens.map((token) => token.raw).join(''), tone }];
  return tokens.flatMap((token): Span[] => {
    switch (token.type) {
      case 'strong':
        return inlineSpans((token as Tokens.Strong).tokens, tone === 'normal' ? 'strong' : tone, depth + 1);
      case 'em':
        return inlineSpans((token as Tokens.Em).tokens, tone === 'normal' ? 'accent' : tone, depth + 1);
      case 'del':
        // Struck out cannot be shown everywhere, and what was taken back must not read as said.
        return [
          { text: '~~', tone: 'dim' },
          ...inlineSpans((token as Tokens.Del).tokens, 'dim', depth + 1),
          { text: '~~', tone: 'dim' },
        ];
      case 'codespan':
        return [{ text: unescaped((token as Tokens.Codespan).text), tone: 'code' }];
      case 'link':
        return link(token as Tokens.Link, tone, depth);
      case 'image': {
        const image = token as Tokens.Image;
        return [
          { text: `[image: ${image.text || 'no description'}]`, tone: 'info' },
          { text: ` (${image.href})`, tone: 'dim' },
        ];
      }
      case 'br':
        return [{ text: '\n', tone }];
      case 'html':
        return /^<br\s*\/?>$/i.test(token.raw) ? [{ text: '\n', tone }] : spanOf(withoutHtml(token.raw), tone);
      case 'escape':
        return [{ text: (token as Tokens.Escape).text, tone }];
      case 'text': {
        const text = token as Tokens.Text;
        return text.tokens ? inlineSpans(text.tokens, tone, depth + 1) : spanOf(flowing(text.text), tone);
      }
      default:
        return spanOf(flowing(token.raw), tone);
    }
  });
}

/** What HTML says without its tags; comments are for others to read. */
export function withoutHtml(html: string): string {
  let out = '';
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    if (open < 0) break;
    out += html.slice(at, open);
    const isComment = html.startsWith('<!--', open);
    const close = isComment ? html.indexOf('-->', open + 4) : html.indexOf('>', open);
    if (close < 0) return isComment ? out : unescaped(out + html.slice(open));
    at = close + (isComment ? 3 : 1);
  }
  return unescaped(out + html.slice(at));
}

function link({ href, tokens, text }: Tokens.Link, tone: Tone, depth: number): Span[] {
  const shown = inlineSpans(tokens, tone === 'normal' ? 'info' : tone, depth + 1);
  // The address always stands there: a text that names another one deceives nobody.
  if (text === href || href === `mailto:${text}` || href === `http://${text}`) return shown;
  return [...shown, { text: ` (${href})`, tone: 'dim' }];
}

const spanOf = (text: string, tone: Tone): Span[] => (text === '' ? [] : [{ text, tone }]);

const flowing = (text: string): string => unescaped(text.replaceAll('\n', ' '));

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', '#39': "'" };

const unescaped = (text: string): string =>
  text.includes('&') ? text.replace(/&(amp|lt|gt|quot|apos|nbsp|#39);/g, (_, name: string) => entities[name] ?? '') : text;
