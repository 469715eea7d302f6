#!/bin/sh
#SBATCH --job-name=campaign-7-nights--sign-off-2
#SBATCH --array=1-20
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=logs/2.%a.log
#SBATCH --time=33
#SBATCH --signal=B:TERM@120
#SBATCH --mem=700M
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
cd '/scratch/it'\''s a "place" for $HOME & `others`\' || exit
exec /opt/silicabac work 'two words' 'it'\''s' '"$HOME"' '' '*' 'a\b' 'line
break' "$SLURM_ARRAY_TASK_ID"
