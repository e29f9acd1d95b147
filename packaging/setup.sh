#!/usr/bin/env bash
# Brings a machine to where Beamtime can be built, run and tested: as root on Debian and its relatives what is missing
# is installed; elsewhere it is named, and the exit status is 1. Does nothing when nothing is missing.
set -euo pipefail

python=/usr/bin/python3
[ -x "$python" ] || python=python3

has_postgresql() { command -v initdb > /dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' > /dev/null; }
has_library() { PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2> /dev/null | grep -qF "$1"; }
has_module() { "$python" -c "import importlib.util, sys; sys.exit(importlib.util.find_spec('$1') is None)" 2> /dev/null; }
has_sdk() { command -v dotnet > /dev/null && dotnet --list-sdks 2> /dev/null | grep -qE '^10\.'; }

# What is missing: the Debian package, then what it gives, for other systems.
packages=() things=()
need() { packages+=("$1"); things+=("$2"); }
examine() {
  packages=() things=()
  has_postgresql || need postgresql "PostgreSQL 15 or later with its server programs (initdb, postgres)"
  has_library libhdf5_serial.so.103 || need libhdf5-103-1 "the HDF5 library 1.10 (libhdf5_serial.so.103)"
  has_library libblosc.so.1 || need libblosc1 "the compressor blosc (libblosc.so.1)"
  has_library liblz4.so.1 || need liblz4-1 "the compressor lz4 (liblz4.so.1)"
  "$python" -c "import sys, h5py; sys.exit(not h5py.h5z.filter_avail(32001))" 2> /dev/null \
    || need hdf5-filter-plugin-blosc-serial "the HDF5 filter blosc for readers"
  "$python" -c "import sys, h5py; sys.exit(not h5py.h5z.filter_avail(32004))" 2> /dev/null \
    || need hdf5-filter-plugin "the HDF5 filter lz4 for readers"
  command -v h5dump > /dev/null || need hdf5-tools "the HDF5 tools (h5dump)"
  command -v redis-server > /dev/null || need redis-server "Redis 6.2 or later (redis-server)"
  command -v setpriv > /dev/null || need util-linux "setpriv of util-linux"
  command -v promtool > /dev/null || need prometheus "promtool of Prometheus"
  local module
  for module in h5py numpy silx skimage; do
    has_module "$module" || need "python3-$module" "the Python module $module for $python"
  done
}

is_debian() { [ -r /etc/os-release ] && (. /etc/os-release && [[ " $ID ${ID_LIKE:-} " == *" debian "* ]]); }

# Ubuntu renamed the library's package when time_t grew.
resolve() {
  local package
  for package in "${packages[@]}"; do
    if [ "$package" = libhdf5-103-1 ] && apt-cache show libhdf5-103-1t64 > /dev/null 2>&1; then
      package=libhdf5-103-1t64
    fi
    echo "$package"
  done
}

install() {
  export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l NEEDRESTART_SUSPEND=1
  local no_cluster=/etc/postgresql-common/createcluster.d/beamtime.conf no_service=
  if [[ " ${packages[*]} " == *" redis-server "* && ! -e /usr/sbin/policy-rc.d ]]; then
    # Nor does it need the package's Redis to run: tests start their own.
    no_service=/usr/sbin/policy-rc.d
    trap "rm -f $no_service" EXIT
    printf '#!/bin/sh\nexit 101\n' > "$no_service"
    chmod +x "$no_service"
  fi
  if [[ " ${packages[*]} " == *" postgresql "* ]]; then
    # Beamtime runs a cluster of its own; the package need not make and start one.
    trap "rm -f $no_cluster $no_service" EXIT
    mkdir -p "$(dirname "$no_cluster")"
    echo "create_main_cluster = false" > "$no_cluster"
  fi
  if [[ " ${packages[*]} " == *" prometheus "* ]] && [ ! -e /etc/systemd/system/prometheus.service ]; then
    # Its checker is wanted, not a server that gathers metrics on this machine.
    mkdir -p /etc/systemd/system
    ln -s /dev/null /etc/systemd/system/prometheus.service
  fi
  apt-get -q update < /dev/null
  # The package set is small and named; no recommendations, no new services.
  mapfile -t resolved < <(resolve)
  apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 install "${resolved[@]}" < /dev/null
}

report() {
  echo "setup: this machine lacks:" >&2
  printf '  - %s\n' "${things[@]}" >&2
}

if ! has_sdk; then
  echo "setup: the .NET 10 SDK is missing (dotnet --list-sdks names no 10.x); install it and come back" >&2
  exit 1
fi

examine
[ ${#packages[@]} -eq 0 ] && exit 0

if ! is_debian; then
  report
  exit 1
elif [ "$(id -u)" -ne 0 ]; then
  report
  echo "setup: install it with: sudo apt-get install ${packages[*]}" >&2
  exit 1
fi

install
examine
if [ ${#packages[@]} -ne 0 ]; then
  report
  exit 1
fi
