#!/bin/sh
# Makes stage-VERSION-linux-ARCH.tar.gz: stage with its own Node.js, for machines without one. Unpack it anywhere that
# submit nodes and compute nodes share, and call bin/stage. Equal sources give equal bytes.
#   sh scripts/package.sh [--built] [DIRECTORY]
# DIRECTORY is where the file is put; here, when absent. --built takes what is built, and installs nothing.
set -eu
built=
if [ "${1:-}" = --built ]; then
  built=1
  shift
fi
target=$(cd "${1:-.}" && pwd)
cd "$(dirname "$0")/.."
[ -n "$built" ] || sh scripts/install.sh
case $(uname -m) in
  x86_64 | amd64) arch=x64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) echo "there is no Node.js to bring along for $(uname -m)" >&2; exit 1 ;;
esac
# The Node.js of scripts/runtime.lock, also where one on PATH would do.
if [ ! -x .runtime/bin/node ]; then sh scripts/runtime.sh --bring; fi
version=$(.runtime/bin/node -p 'require("./package.json").version')
name=stage-$version-linux-$arch

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir -p "$work/$name/.runtime/bin" "$work/$name/node_modules/@napi-rs" "$work/$name/docs"
mkdir "$work/$name/examples"
cp -R bin dist pbs "$work/$name"
cp -R examples/batch examples/weather "$work/$name/examples"
# The whole of docs/ is on the web; what a user of this machine looks up comes along.
cp docs/*.md "$work/$name/docs"
cp package.json oclif.manifest.json LICENSE README.md CHANGELOG.md "$work/$name"
cp .runtime/bin/node "$work/$name/.runtime/bin"
cp .runtime/LICENSE "$work/$name/.runtime"
# keytar has a native part, and is beside the bundle: the JavaScript, and the library of this kind of machine.
for package in keytar "@napi-rs/keyring-linux-$arch-gnu"; do
  cp -R "node_modules/$package" "$work/$name/node_modules/$package"
done
chmod -R u+rwX,go+rX,go-w "$work/$name"

# What a file is called, holds and may be is kept; when, where and by whom it was made is not.
made=$(git log -1 --format=%ct 2>/dev/null || echo 0)
(cd "$work" && tar --sort=name --mtime="@$made" --owner=0 --group=0 --numeric-owner --format=ustar -cf - "$name" | gzip -9n) \
  >"$work/$name.tar.gz"
mv "$work/$name.tar.gz" "$target"
files=$(find "$work/$name" -type f | wc -l)
echo "$target/$name.tar.gz: $((files)) files, $(($(du -sk "$work/$name" | cut -f 1) / 1024)) MB unpacked"
