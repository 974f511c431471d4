/** The least that Ink can do: one number that a key makes greater. What it takes is what a terminal and Ink take by themselves. */
import { render, Text, useInput } from 'ink';
import { createElement as h, useState } from 'react';

function Counter() {
  const [count, setCount] = useState(0);
  useInput(() => setCount((value) => value + 1));
  return h(Text, null, `count ${count}`);
}

render(h(Counter), { exitOnCtrlC: true, maxFps: 1000, alternateScreen: true, incrementalRendering: true });
