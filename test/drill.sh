#!/usr/bin/env bash
# Kills every part of a facility in turn while it works; the last line says "drill: ok, ..." or the drill has failed.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
log=$(mktemp) || exit 2
trap 'rm -f "$log"' EXIT
artifacts/bin/Beamtime.Tests/release/Beamtime.Tests -noLogo -noColor -noAutoReporters -showLiveOutput -failSkips \
  -trait Category=Drill < /dev/null 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
ok=$(grep -oE 'drill: ok, .*' "$log" | tail -n 1)
if [ "$status" -ne 0 ] || [ -z "$ok" ]; then
  echo "drill: failed"
  exit 1
fi
echo "$ok"
