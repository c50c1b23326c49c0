#!/bin/sh
# Installs a push node as a service from this checkout: sh deploy/install.sh [--root DIR] [--no-start]
# It needs git's files here, npm 10 and Node 20 or later. Nothing is fetched but what package-lock.json names.
set -eu

root=''
start=yes
while [ $# -gt 0 ]; do
  case $1 in
    --root) root=${2:?--root needs a folder}; start=no; shift ;;
    --no-start) start=no ;;
    *) echo "usage: install.sh [--root DIR] [--no-start]" >&2; exit 2 ;;
  esac
  shift
done

here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
target=$root/opt/parley
if [ -z "$root" ] && [ "$(id -u)" != 0 ]; then
  echo "Installing a service needs root: sudo sh deploy/install.sh" >&2
  exit 1
fi
if ! command -v npm >/dev/null || [ "$(npm --version | cut -d. -f1)" -lt 10 ]; then
  echo "npm 10 or later is needed; it comes with Node 20 or later from nodejs.org" >&2
  exit 1
fi

mkdir -p "$target" "$root/etc/systemd/system" "$root/usr/local/bin"
# What git knows, and nothing else: no data folder, no node_modules of somebody's work.
git -C "$here" ls-files -z | (cd "$here" && tar --null --files-from=- --create --file=-) | tar --extract --file=- --directory="$target"
(cd "$target" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
(cd "$target" && node_modules/.bin/patch-package --error-on-fail)
(cd "$target" && npm prune --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error)
cp "$target/deploy/parley" "$root/usr/local/bin/"
cp "$target/deploy/parley-push-node.service" "$root/etc/systemd/system/"
if [ "$start" = yes ]; then
  systemctl daemon-reload
  systemctl enable --now parley-push-node
  echo "The push node runs. Its link: journalctl -u parley-push-node"
else
  echo "Installed in ${root:-/}. To start it: systemctl enable --now parley-push-node"
fi
