# Sourced by ./check and ./demo: are we on Debian 12, and which of packages.txt are missing?
# One list (packages.txt) serves both and the build servers.

refuse_other_systems() {
  local id="" version=""
  if [ -r /etc/os-release ]; then
    id=$(. /etc/os-release && echo "${ID:-}")
    version=$(. /etc/os-release && echo "${VERSION_ID:-}")
  fi
  if [ "$id" != debian ] || [ "$version" != 12 ]; then
    echo "Wardline is built and tested on Debian 12. This machine says '${id:-unknown} ${version:-}'." >&2
    echo "Nothing was changed. Please use a Debian 12 machine or virtual machine." >&2
    exit 69
  fi
}

# Prints the packages of packages.txt that are not installed, one a line.
missing_packages() {
  local name
  sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$1" | while read -r name; do
    if ! dpkg-query -W -f='${db:Status-Abbrev}' "$name" 2>/dev/null | grep -q '^ii'; then
      echo "$name"
    fi
  done
}

# Installs the packages named, as root or through sudo. Never reads from the terminal.
install_packages() {
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "These packages are missing, and installing them needs root or sudo:" >&2
      echo "  apt-get install $*" >&2
      exit 77
    fi
    as_root=(sudo)
  fi
  local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
    apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 install "$@")
  if ! "${install[@]}" </dev/null; then
    echo "Refreshing the list of packages and trying once more."
    "${as_root[@]}" apt-get -q update </dev/null || true # the install below says what is wrong
    "${install[@]}" </dev/null
  fi
}
