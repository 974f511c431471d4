#!/usr/bin/env python3
"""A reference adapter in Python 3, standard library only.

Its "agent" reads the prompt as a list of steps, one a line: `say TEXT`, `use IN OUT` (tokens), `run COMMAND` (asked for as
the tool Bash, run when allowed); any other line is said. Steps that are done are remembered in $HOME, so that a turn can be
resumed. The protocol is described in docs/guide/adapters.md.
"""

import json
import os
import pathlib
import subprocess
import sys

VERSION = 1
CAPABILITIES = {"gate": "every_call", "resume": True, "defer": True}


def report(kind, **fields):
    sys.stdout.write(json.dumps({"type": kind, **fields}) + "\n")
    sys.stdout.flush()


def finish(status, message):
    report("turn.completed", status=status, message=message)
    sys.exit(0)


def messages():
    for line in sys.stdin:
        yield json.loads(line)
    # Nobody is there to decide any more, so nothing runs.
    sys.exit(1)


class Agent:
    def __init__(self, inbox):
        self.inbox = inbox
        start = next(inbox)
        if start.get("type") != "start" or start.get("v") != VERSION:
            finish("error", f"expected a start message of version {VERSION}, got {start.get('type')} {start.get('v')}")
        self.start = start
        self.memory = pathlib.Path(os.environ["HOME"]) / f".decree-{start['sessionId']}.json"

    def recall(self):
        if self.start["resume"] == "new":
            return {"prompt": self.start["prompt"], "done": 0}
        if not self.memory.exists():
            finish("error", f"There is no session {self.start['sessionId']} to resume.")
        return json.loads(self.memory.read_text())

    def decision(self, call_id):
        for message in self.inbox:
            if message["type"] == "cancel":
                finish("canceled", "canceled")
            if message["type"] == "say":
                report("text", text=f"I was told: {message['text']}")
            if message["type"] == "decision" and message["toolCallId"] == call_id:
                return message

    def run(self, call_id, command):
        report("tool.requested", toolCallId=call_id, tool="Bash", input={"command": command})
        decision = self.decision(call_id)
        if decision["outcome"] == "defer":
            finish("deferred", f"waits for a decision on {call_id}")
        if decision["outcome"] != "allow":
            report("tool.completed", toolCallId=call_id, isError=True, output=decision["reason"])
            report("text", text=f"I was refused: {decision['reason']}")
            return
        ran = subprocess.run(["sh", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output = ran.stdout.decode("utf-8", "replace")
        report("tool.completed", toolCallId=call_id, isError=ran.returncode != 0, output=output)

    def work(self):
        state = self.recall()
        report("session.started", model=None)
        if self.start["resume"] == "interrupted":
            report("text", text="I was interrupted and go on.")
        for number, line in enumerate(state["prompt"].splitlines(), start=1):
            if number <= state["done"]:
                continue
            verb, _, rest = line.partition(" ")
            if verb == "run":
                self.memory.write_text(json.dumps(state))
                self.run(f"call-{number}", rest)
            elif verb == "use":
                tokens_in, tokens_out = (int(word) for word in rest.split())
                usage = {"inputTokens": tokens_in, "outputTokens": tokens_out, "cacheReadTokens": 0, "cacheWriteTokens": 0}
                report("usage", model="python", usage={**usage, "costUsd": 0, "costBasis": "unknown"})
            elif line:
                report("text", text=rest if verb == "say" else line)
            state["done"] = number
            self.memory.write_text(json.dumps(state))
        finish("ok", "done")


def main():
    report("hello", v=VERSION, adapter="python", agentVersion=sys.version.split()[0], capabilities=CAPABILITIES)
    Agent(messages()).work()


if __name__ == "__main__":
    main()
