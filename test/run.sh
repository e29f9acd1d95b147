#!/usr/bin/env bash
# Runs the built test programs and says last: N passed, N failed, N skipped.
# all: everything but the long trials; quick: without slow, document and Python tests either; slow: only those and the long
# trials.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2

slow=(Slow Docs Python Trials)
# The drill has a verb of its own: it stops and starts servers for minutes.
filters=(-trait- "Category=Drill")
case "${1:-all}" in
  all) filters+=(-trait- Category=Trials) ;;
  quick) for category in "${slow[@]}"; do filters+=(-trait- "Category=$category"); done ;;
  slow) for category in "${slow[@]}"; do filters+=(-trait "Category=$category"); done ;;
  *) echo "usage: test/run.sh [all|quick|slow]" >&2; exit 2 ;;
esac

# A missing prerequisite skips at a developer's desk and fails in continuous integration.
[ "${CI:-}" = true ] && filters+=(-failSkips)

log=$(mktemp) || exit 2
trap 'rm -f "$log"' EXIT
passed=0 failed=0 skipped=0
for folder in test/*.Tests; do
  name=$(basename "$folder")
  program=artifacts/bin/$name/release/$name
  "$program" -noLogo -noColor -noAutoReporters "${filters[@]}" < /dev/null 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  summary=$(grep -E "^ +$name +Total: " "$log" | tail -n 1)
  # A run in which no test was chosen has a total and nothing else.
  number() { sed -nE "s/.*[ ,]$1: ([0-9]+).*/\1/p; t; s/.*/0/p" <<< "$summary"; }
  if [ -z "$summary" ]; then
    echo "$program ended with status $status and no summary"
    failed=$((failed + 1))
    continue
  fi
  bad=$(($(number Failed) + $(number Errors)))
  [ "$status" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
  failed=$((failed + bad))
  skipped=$((skipped + $(number Skipped)))
  passed=$((passed + $(number Total) - $(number Failed) - $(number Skipped) - $(number "Not Run")))
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
