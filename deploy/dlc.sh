#!/bin/sh
# The start command of a DLC job of type PyTorch, with as many workers as you
# like, a shared folder (CPFS or NAS) mounted in all of them, and the corpusmill
# binary on it or in the image:
#
#     sh /mnt/data/dlc.sh /mnt/data/recipe.yaml [--KEY VALUE ...]
#
# DLC sets RANK and WORLD_SIZE. With fault tolerance switched on it starts lost
# workers again, and they go on; without it, start the job anew to go on.
# export_path has to lie on the shared folder.
set -eu
if [ $# -lt 1 ]; then
  echo "usage: dlc.sh RECIPE [--KEY VALUE ...]" >&2
  exit 2
fi
recipe=$1
shift
exec "${CORPUSMILL:-corpusmill}" process --config "$recipe" --backend ranks "$@"
