#!/bin/sh
# Makes a dataset with an array of jobs, a GPU each, and one job that selects and exports.
#
#   sh slurm.sh RECIPE FOLDER SLICES [OPTIONS OF SBATCH]
#
# FOLDER is shared by all nodes, or a bucket. Submit it again after a failure: finished work is kept.
set -eu
recipe=$1 folder=$2 slices=$3
shift 3

array=$(sbatch --parsable --array="0-$((slices - 1))" --gpus=1 --requeue "$@" \
    --wrap "synthset run '$recipe' -o '$folder' --shards \$SLURM_ARRAY_TASK_ID/$slices")
sbatch --parsable --dependency="afterany:$array" "$@" \
    --wrap "synthset run '$recipe' -o '$folder'"
