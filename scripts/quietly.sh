#!/bin/sh
# Runs a command and shows what it printed only if it fails.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 1' INT TERM
"$@" >"$log" 2>&1 || {
  status=$?
  cat "$log" >&2
  exit "$status"
}
