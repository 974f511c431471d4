#!/bin/sh
# Creates and corrects the workflow's labels in this repository, through gh.sh. Takes no arguments; safe to run again;
# touches no other label; prints one line per label: created, updated or up-to-date.
# The repository is GH_REPO (OWNER/REPO), else the one that the remote `origin` leads to.
set -eu

fail() {
  printf 'setup-labels.sh: %s\n' "$1" >&2
  exit 1
}

[ $# -eq 0 ] || fail "takes no arguments, got: $*"
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || fail "cannot find the folder of $0"
repository=${GH_REPO:-}
if [ -z "$repository" ]; then
  origin=$(git -C "$here" remote get-url origin 2>/dev/null) || fail 'there is no remote named origin: set GH_REPO to OWNER/REPO'
  repository=$(printf '%s\n' "$origin" | sed -n 's#^.*[:/]\([^/:]*/[^/]*\)$#\1#p' | sed 's#\.git$##')
fi
case "$repository" in
  */*/* | *[!A-Za-z0-9._/-]* | /* | */ | '') fail "expected a repository as OWNER/REPO, got '$repository': set GH_REPO" ;;
  */*) ;;
  *) fail "expected a repository as OWNER/REPO, got '$repository': set GH_REPO" ;;
esac

answer=$(mktemp) && errors=$(mktemp) || fail 'cannot make a temporary file'
trap 'rm -f "$answer" "$errors"' EXIT

label() {
  name=$1 color=$2 description=$3
  path="repos/$repository/labels/$(printf '%s' "$name" | sed 's/:/%3A/g')"
  if "$here/gh.sh" api "$path" --jq '.name, .color, .description' >"$answer" 2>"$errors"; then
    if [ "$(cat "$answer")" = "$(printf '%s\n%s\n%s' "$name" "$color" "$description")" ]; then
      printf '%s: up-to-date\n' "$name"
      return
    fi
    write "$name" -X PATCH "$path" -f "new_name=$name" -f "color=$color" -f "description=$description"
    printf '%s: updated\n' "$name"
  elif grep -q 'HTTP 404' "$errors"; then
    write "$name" "repos/$repository/labels" -f "name=$name" -f "color=$color" -f "description=$description"
    printf '%s: created\n' "$name"
  else
    cat "$errors" >&2
    fail "cannot read the label $name of $repository"
  fi
}

write() {
  which=$1
  shift
  "$here/gh.sh" api "$@" >/dev/null 2>"$errors" && return
  cat "$errors" >&2
  fail "cannot write the label $which of $repository"
}

label task:implement 1d76db 'Implementation work'
label task:refinement 5319e7 'A question about a spec'
label status:pending bfd4f2 'Waits to be dispatched'
label status:in-progress 0e8a16 'An Implementor works on it'
label status:blocked d93f0b 'Stopped by something other than the spec'
label status:needs-refinement fbca04 'Stopped by an open question in the spec'
label status:unblocked c2e0c6 'What stopped it is resolved'
label status:review 006b75 'Waits for the Reviewer'
label status:needs-changes e99695 'The Reviewer asks for changes'
label status:approved 2ea44f 'Reviewed; waits for a person to merge'
label priority:high b60205 'Do this first'
label priority:medium e4e669 'Do this in its turn'
label priority:low c5def5 'Do this when there is time'
label complexity:simple d4c5f9 'The smaller model will do'
label complexity:complex 7057ff 'Needs the larger model'
