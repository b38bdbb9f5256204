# The path by which stage was called when this job was submitted. An upgrade since may have taken it away: then the one
# on PATH, which "setup:" of the profile may extend.
[ -x "$STAGE_CLI" ] || ! command -v stage >/dev/null || STAGE_CLI=stage
