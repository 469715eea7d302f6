#!/bin/sh
#BSUB -J "campaign-7-nights--sign-off-2[1-20]"
#BSUB -r
#BSUB -o logs/2.%I.log
#BSUB -W 33
#BSUB -wa TERM
#BSUB -wt 2
#BSUB -M 700MB
#BSUB -R "rusage[mem=700MB]"
#BSUB -n 1
cd '/scratch/it'\''s a "place" for $HOME & `others`\' || exit
exec /opt/silicabac work 'two words' 'it'\''s' '"$HOME"' '' '*' 'a\b' 'line
break' "$LSB_JOBINDEX"
