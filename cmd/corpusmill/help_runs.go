package main

// runsHelp is the help of the commands for runs that nobody waits for; ""
// for any other.
func runsHelp(name string) string {
	const which = `
RUN is an ID, or its beginning, as submit prints and status lists it, or the path of a result or of
its run folder. Runs that process started are known by their path.`
	switch name {
	case "submit":
		return `

  --driver process     the run is a process on this machine that no terminal reaches (default)
  --driver job         the run is a batch job of Slurm
  --driver-options "OPTIONS"   for sbatch, with --driver job; by default those of slurm_options
  --json               print the ID, the folder and the place of the log as JSON

All other flags are those of process. The runs of other commands are submitted by their name:

  corpusmill submit resplit INPUT... -o FOLDER
  corpusmill submit dedup index build INDEX --config RECIPE

--backend ranks needs --world_size N: so many ranks on this machine, or in the job. What process
refuses, submit refuses with the same exit code, and leaves everything as it was. With --ray_address http://HOST:8265 the run is a job on the head.`
	case "status":
		return `

  --watch              show it anew every two seconds, until the run is over
  --json               print it as JSON
` + which + `

A run is waiting (its job isn't at work yet), running, done, failed, cancelled, interrupted (its
process is gone; resume goes on) or silent (on another machine, with no sign of life for a minute).`
	case "logs":
		return `

  -f, --follow         go on until the run is over, and end with its exit code
  --tail N             begin with the last N lines
` + which
	case "cancel":
		return `

  --timeout SECONDS    how long it may take to end by itself (60)
  --force              kill it after that
` + which + `

What is done is kept, and nothing of the run is alive when cancel ends with 0. Of an interrupted run on
Slurm it takes the workers that are left out of the queue.`
	case "resume":
		return `

  --force              also a run on another machine that gives no sign of life, when that is gone
  --json               print what submit prints, as JSON
` + which + `

The run is started as it was: the same command and settings, in the same folder. What process refuses
to continue, resume refuses with exit code 4.`
	}
	return ""
}
