/* Server-sent events out of a fetch: EventSource can send neither a body nor a key. */

/**
 * The data of each event of a streamed answer, parsed, until `[DONE]`.
 * Raises TypeError where the connection breaks, AbortError where the reader stopped it.
 */
export async function* eventsOf(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let left = "";
  let data = [];
  let whole = false;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done && whole) return;
      if (done) throw new TypeError("the answer broke off");
      const lines = (left + value).split("\n");
      left = lines.pop();
      for (const raw of lines) {
        const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
        if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
        else if (line === "" && data.length > 0) {
          const event = data.join("\n");
          data = [];
          // The connection is left to end by itself: cut now, it would look to the server like a reader who left.
          if (event === "[DONE]") whole = true;
          else yield JSON.parse(event);
        }
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
