#!/bin/sh
#$ -N campaign-7-nights--sign-off-2
#$ -t 1-20
#$ -r y
#$ -notify
#$ -S /bin/sh
#$ -cwd
#$ -V
#$ -j y
#$ -o logs/2.$TASK_ID.log
#$ -l h_rt=1980
#$ -l h_vmem=2748M
trap '' USR1
cd '/scratch/it'\''s a "place" for $HOME & `others`\' || exit
exec /opt/silicabac work 'two words' 'it'\''s' '"$HOME"' '' '*' 'a\b' 'line
break' "$SGE_TASK_ID"
