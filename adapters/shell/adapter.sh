#!/bin/sh
# A reference adapter in POSIX sh and awk: no jq, no curl. Its "agent" reads the prompt as a list of steps, one a line:
#   say TEXT         says it
#   use IN OUT       reports that many tokens
#   run COMMAND      asks for it as the tool Bash, waits for the decision, runs it when allowed
# and any other line is said. Steps that are done are remembered in $HOME, so that a turn can be resumed.
# The protocol is described in docs/guide/adapters.md.
set -u
export LC_ALL=C

# json_get KEY: the value of a top-level key of the JSON object on stdin; strings are decoded, the rest is printed as it is.
json_get() {
  awk -v want="$1" '
    function utf8(n) {
      if (n < 128) return sprintf("%c", n)
      if (n < 2048) return sprintf("%c%c", 192 + int(n / 64), 128 + n % 64)
      if (n < 65536) return sprintf("%c%c%c", 224 + int(n / 4096), 128 + int(n / 64) % 64, 128 + n % 64)
      return sprintf("%c%c%c%c", 240 + int(n / 262144), 128 + int(n / 4096) % 64, 128 + int(n / 64) % 64, 128 + n % 64)
    }
    function hex(s,   i, n) {
      n = 0
      for (i = 1; i <= 4; i++) n = n * 16 + index("0123456789abcdef", tolower(substr(s, i, 1))) - 1
      return n
    }
    # Reads the string that begins at the quote at position p; leaves p behind it.
    function string(   out, c, n, low) {
      out = ""
      p++
      while (p <= len) {
        c = substr(text, p, 1)
        if (c == "\"") { p++; return out }
        if (c != "\\") { out = out c; p++; continue }
        c = substr(text, p + 1, 1)
        p += 2
        if (c == "n") out = out "\n"
        else if (c == "t") out = out "\t"
        else if (c == "r") out = out "\r"
        else if (c == "b") out = out "\b"
        else if (c == "f") out = out "\f"
        else if (c == "u") {
          n = hex(substr(text, p, 4)); p += 4
          if (n >= 55296 && n < 56320 && substr(text, p, 2) == "\\u") {
            low = hex(substr(text, p + 2, 4)); p += 6
            n = 65536 + (n - 55296) * 1024 + (low - 56320)
          }
          out = out utf8(n)
        } else out = out c
      }
      return out
    }
    # Skips a value; leaves p behind it.
    function skip(   c, depth) {
      depth = 0
      while (p <= len) {
        c = substr(text, p, 1)
        if (c == "\"") { string(); if (depth == 0) return; continue }
        if (c == "{" || c == "[") depth++
        if (c == "}" || c == "]") { if (depth == 0) return; depth-- ; p++; if (depth == 0) return; continue }
        if (c == "," && depth == 0) return
        p++
      }
    }
    {
      text = $0; len = length(text); p = index(text, "{") + 1
      while (p <= len) {
        c = substr(text, p, 1)
        if (c == "}") exit
        if (c != "\"") { p++; continue }
        key = string()
        while (substr(text, p, 1) ~ /[ \t:]/) p++
        if (key == want) {
          if (substr(text, p, 1) == "\"") { printf "%s", string(); exit }
          from = p; skip(); printf "%s", substr(text, from, p - from); exit
        }
        skip()
      }
    }'
}

# json_string: stdin as a JSON string, quotes included.
json_string() {
  if command -v iconv >/dev/null 2>&1; then iconv -c -f UTF-8 -t UTF-8; else tr -cd '\11\12\15\40-\176'; fi | awk '
    BEGIN {
      for (i = 0; i < 32; i++) code[sprintf("%c", i)] = sprintf("\\u%04x", i)
      code["\\"] = "\\\\"; code["\""] = "\\\""
      printf "\""
    }
    {
      if (NR > 1) printf "\\n"
      if ($0 ~ /[\001-\037"\\]/) {
        out = ""
        for (i = 1; i <= length($0); i++) { c = substr($0, i, 1); out = out (c in code ? code[c] : c) }
        $0 = out
      }
      printf "%s", $0
    }
    END { printf "\"" }'
}

say() { printf '{"type":"text","text":%s}\n' "$(printf '%s' "$1" | json_string)"; }
finish() {
  printf '{"type":"turn.completed","status":"%s","message":%s}\n' "$1" "$(printf '%s' "$2" | json_string)"
  exit 0
}

printf '%s\n' '{"type":"hello","v":1,"adapter":"shell","agentVersion":"1","capabilities":{"gate":"every_call","resume":true,"defer":true}}'

IFS= read -r start || exit 1
session=$(printf '%s\n' "$start" | json_get sessionId)
resume=$(printf '%s\n' "$start" | json_get resume)
prompt=$(printf '%s\n' "$start" | json_get prompt; printf .)
prompt=${prompt%.}
memory=$HOME/.decree-$session
mkdir -p "$memory"
# A deferred call is asked for again without a prompt; an interrupted turn goes on where the last one stopped.
if [ "$resume" = new ]; then
  printf '%s\n' "$prompt" >"$memory/prompt"
  echo 0 >"$memory/done"
fi
[ -r "$memory/prompt" ] || finish error "There is no session $session to resume."
echo '{"type":"session.started","model":null}'
[ "$resume" = interrupted ] && say "I was interrupted and go on."

# decision ID: waits for the decision on this call and sets outcome and reason.
decision() {
  while IFS= read -r message; do
    case $(printf '%s\n' "$message" | json_get type) in
      cancel) finish canceled "canceled" ;;
      say) say "I was told: $(printf '%s\n' "$message" | json_get text)" ;;
      decision)
        [ "$(printf '%s\n' "$message" | json_get toolCallId)" = "$1" ] || continue
        outcome=$(printf '%s\n' "$message" | json_get outcome)
        reason=$(printf '%s\n' "$message" | json_get reason)
        return 0
        ;;
    esac
  done
  # Nobody is there to decide any more, so nothing runs.
  exit 1
}

step=0
done=$(cat "$memory/done")
# The steps are read from descriptor 3: stdin belongs to the control plane.
while IFS= read -r line <&3; do
  step=$((step + 1))
  [ "$step" -gt "$done" ] || continue
  case $line in
    '') ;;
    'say '*) say "${line#say }" ;;
    'use '*)
      set -- $line
      printf '{"type":"usage","model":"shell","usage":{"inputTokens":%d,"outputTokens":%d,"cacheReadTokens":0,"cacheWriteTokens":0,"costUsd":0,"costBasis":"unknown"}}\n' "$2" "$3"
      ;;
    'run '*)
      command=${line#run }
      id=call-$step
      printf '{"type":"tool.requested","toolCallId":"%s","tool":"Bash","input":{"command":%s}}\n' "$id" "$(printf '%s' "$command" | json_string)"
      decision "$id"
      case $outcome in
        allow)
          output=$(sh -c "$command" 2>&1 </dev/null 3<&-; echo ".$?")
          code=${output##*.}
          output=${output%.*}
          failed=false
          [ "$code" -eq 0 ] || failed=true
          printf '{"type":"tool.completed","toolCallId":"%s","isError":%s,"output":%s}\n' "$id" "$failed" "$(printf '%s' "$output" | json_string)"
          ;;
        defer) finish deferred "waits for a decision on $id" ;;
        *)
          printf '{"type":"tool.completed","toolCallId":"%s","isError":true,"output":%s}\n' "$id" "$(printf '%s' "$reason" | json_string)"
          say "I was refused: $reason"
          ;;
      esac
      ;;
    *) say "$line" ;;
  esac
  echo "$step" >"$memory/done"
done 3<"$memory/prompt"
finish ok "done"
