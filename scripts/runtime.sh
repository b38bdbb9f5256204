#!/bin/sh
# Makes sure of the Node.js that bin/stage needs: the one on PATH when it is new enough, else the npm registry's, of
# which bin/node and LICENSE are put into .runtime/ (scripts/runtime.lock names version and integrity). Does nothing
# where that was done.
#   sh scripts/runtime.sh          fetches with npm, which has its own settings for proxies and registries
#                                  STAGE_FETCH_TIMEOUT=SECONDS: how long npm waits for an answer (10)
#   sh scripts/runtime.sh FILE     takes a package that "npm pack" fetched elsewhere
#   sh scripts/runtime.sh --bring  brings the registry's also where the one on PATH would do
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
bring=
if [ "${1:-}" = --bring ]; then
  bring=1
  shift
fi
oldest=$(sed -n 's/^STAGE_OLDEST=//p' "$root/bin/stage")

# The packages of the registry carry the names that Node.js has for machines.
case $(uname -m) in
  x86_64 | amd64) package=node-$(uname -s | tr '[:upper:]' '[:lower:]')-x64 ;;
  aarch64 | arm64) package=node-$(uname -s | tr '[:upper:]' '[:lower:]')-arm64 ;;
  *) package=node-$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m) ;;
esac
line=$(grep "^$package " "$root/scripts/runtime.lock" || true)
version=$(echo "$line" | cut -d ' ' -f 2)
integrity=$(echo "$line" | cut -d ' ' -f 3)

fail() {
  echo "error: $1" >&2
  shift
  printf '  %s\n' "$@" >&2
  exit 1
}
by_hand="Put Node.js $oldest or newer on PATH (module avail node), and run this again: then nothing is fetched."

# What was tried, what npm says, and what helps against that.
fail_to_fetch() {
  said=$(grep -v -e '^npm.* complete log' -e '^[[:space:]]*$' -e '^npm[^a-z]*[a-zA-Z!]* *at ' "$fresh/npm.log" | head -n 3 | tr '\n' ' ')
  registry=$(npm config get registry 2>/dev/null || true)
  case $said in
    *CERT* | *SIGNATURE* | *certificate*)
      help='npm does not trust the certificate of the registry, or that of a proxy before it. Name the authority of your site:
    npm config set cafile FILE.pem     or, for one call: NODE_EXTRA_CA_CERTS=FILE.pem sh scripts/runtime.sh'
      ;;
    *imeout* | *TIMEDOUT*)
      help="Nothing was heard for $seconds s. Is the registry reached by a proxy alone? npm config set https-proxy http://...
  If it is only slow: STAGE_FETCH_TIMEOUT=120 sh scripts/runtime.sh"
      ;;
    *) help='Behind a proxy, configure npm: npm config set proxy http://...; npm config set https-proxy http://...' ;;
  esac
  fail "Node.js $version could not be fetched" \
    "tried:     npm pack $package@$version, from ${registry:-the registry of npm}" \
    "npm says:  ${said:-nothing}" \
    "$help" \
    'Without a network: fetch it elsewhere, bring the file here, and give it to this script:' \
    "  npm pack $package@$version" \
    "  sh $root/scripts/runtime.sh $package-$version.tgz" \
    "$by_hand"
}

new_enough() {
  # shellcheck disable=SC2016 # node is to see the expressions as they are
  node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    const [oldestMajor, oldestMinor] = process.argv[1].split(".").map(Number);
    process.exit(major > oldestMajor || (major === oldestMajor && minor >= oldestMinor) ? 0 : 1);
  ' "$oldest" 2>/dev/null
}

if [ -n "$version" ] && [ "$("$root/.runtime/bin/node" --version 2>/dev/null)" = "v$version" ]; then exit 0; fi
command -v node >/dev/null || fail 'Node.js is missing' 'npm comes with it, and fetches what stage needs.' "$by_hand"
if [ -z "$bring" ] && [ ! -e "$root/.runtime/bin/node" ] && new_enough; then exit 0; fi
[ -n "$version" ] || fail "there is no Node.js to fetch for this machine ($package)" "$by_hand"

fresh=$root/.runtime.new-$$
trap 'rm -rf "$fresh"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$fresh"
if [ $# -gt 0 ]; then
  cp "$1" "$fresh/package.tgz"
else
  command -v npm >/dev/null || fail 'npm is missing: it fetches the Node.js that stage needs' "$by_hand"
  echo "fetching Node.js $version for stage ($package, 51 MB); the one on PATH is $(node --version)"
  # npm waits for an answer, and for more of it, no longer than this, and asks twice: an error comes after some 25 s.
  seconds=${STAGE_FETCH_TIMEOUT:-10}
  (cd "$fresh" && npm pack "$package@$version" --silent --loglevel error --fetch-timeout "${seconds}000" \
    --fetch-retries 1 --fetch-retry-mintimeout 1000 >npm.log 2>&1) || fail_to_fetch
  mv "$fresh/$package-$version.tgz" "$fresh/package.tgz"
fi
# shellcheck disable=SC2016
found=$(node -e '
  const sum = require("crypto").createHash("sha512").update(require("fs").readFileSync(process.argv[1])).digest("base64");
  console.log("sha512-" + sum);
' "$fresh/package.tgz")
[ "$found" = "$integrity" ] ||
  fail "what was fetched is not $package $version as scripts/runtime.lock knows it" "expected $integrity" "found    $found"
mkdir "$fresh/runtime"
(cd "$fresh/runtime" && gzip -dc ../package.tgz | tar xf - package/bin/node package/LICENSE && mv package/* . && rmdir package)
"$fresh/runtime/bin/node" --version >"$fresh/started" 2>&1 ||
  fail "Node.js $version does not run on this machine" "it says: $(head -n 1 "$fresh/started")" "$by_hand"
# Jobs may start at this moment: the old one goes when the new one is in place.
if [ -e "$root/.runtime" ]; then mv "$root/.runtime" "$fresh/old"; fi
mv "$fresh/runtime" "$root/.runtime"
