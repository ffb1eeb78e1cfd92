#!/bin/sh
# Makes sure that the browser tests have a browser: the system's, else Debian's, else Playwright's own.
set -eu
cd "$(dirname "$0")/.."

for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then
    exit 0
  fi
done

if command -v apt-get >/dev/null; then
  if [ "$(id -u)" -eq 0 ]; then
    as_root=
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=sudo
  else
    as_root=no
  fi
  if [ "$as_root" != no ]; then
    echo "Installing Chromium with apt-get"
    if scripts/quietly.sh $as_root apt-get update &&
      scripts/quietly.sh $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y chromium; then
      exit 0
    fi
  fi
fi

echo "Installing Playwright's Chromium"
cd ui-tests
if ! ../scripts/quietly.sh npx playwright install chromium; then
  echo "The browser tests need a browser: install Chromium (Debian: apt-get install chromium)." >&2
  exit 1
fi
