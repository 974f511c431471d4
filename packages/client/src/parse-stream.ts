import { StringDecoder } from 'node:string_decoder';

export interface StreamMessage {
  event: string;
  data: string;
}

/** A message longer than this is not ours. */
const maxMessageCharacters = 256 * 1024 * 1024;

/**
 * Server-sent events (WHATWG HTML, 9.2), as far as the door sends them. `id` is not read: each payload holds its own cursor.
 * Pulls: while the caller works on a message nothing more is read, and the socket holds the sender back.
 */
export async function* parseStream(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StreamMessage> {
  const decoder = new StringDecoder('utf8');
  // Kept in pieces and joined when a message ends: a large one comes in many chunks, and joining each time would be quadratic.
  let pieces: string[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let text = decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    if (pieces.at(-1)?.endsWith('\n') && text.startsWith('\n')) {
      yield* parseMessage(pieces.join(''));
      pieces = [];
      size = 0;
      text = text.slice(1);
    }
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      pieces.push(text.slice(0, end));
      yield* parseMessage(pieces.join(''));
      pieces = [];
      size = 0;
      text = text.slice(end + 2);
    }
    if (text !== '') {
      pieces.push(text);
      size += text.length;
      if (size > maxMessageCharacters)
        throw new Error(`a message of the stream is longer than ${maxMessageCharacters} characters`);
    }
  }
}

function* parseMessage(block: string): Generator<StreamMessage> {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === 'event') event = value ?? '';
    else if (field === 'data') data.push(value ?? '');
  }
  if (data.length > 0) yield { event, data: data.join('\n') };
}
