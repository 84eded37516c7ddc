package doctor

import (
	"strings"
)

// cause is what an engine's error means, told by what it has in it.
type cause struct {
	parts []string // any of them
	check string
	what  string
	mend  string
}

// causes are looked through in this order.
var causes = map[string][]cause{
	"ray": {
		{[]string{"Version mismatch", "version mismatch"}, "version", "the cluster's Ray or Python has another version than this machine's", "set CORPUSMILL_PYTHON to a Python with the versions of the cluster, Python's second number included"},
		{[]string{"file cannot be opened or is empty"}, "token", "the file with the token for the cluster can't be read", "set RAY_AUTH_TOKEN_PATH to the file that the cluster was started with"},
		{[]string{"(not 'token')"}, "token", "the cluster wants a token, and this machine sends none", "set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH to the file that the cluster was started with"},
		{[]string{"AuthenticationError", "InvalidAuthToken", "Unauthenticated"}, "token", "the cluster refuses this machine's token", "set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH to the file that the cluster was started with"},
		{[]string{"Could not find any running Ray instance"}, "address", "this machine is no part of a Ray cluster", "set ray_address to HOST:PORT of the head, or to http://HOST:8265, its dashboard; or start Ray here with ray start"},
		{[]string{"node_ip_address", "Can't find a node", "No node info", "not found in the cluster", "raylet"}, "address", "this machine has no node of that cluster", "run this on a machine of the cluster, or set ray_address to http://HOST:8265, the head's dashboard"},
		{[]string{"GCS", "gcs", "ConnectionError"}, "address", "what listens there is no head of Ray, or refuses this machine", "give the port of `ray start --port`, 6379 by default; with authentication set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH"},
	},
	"dask": {
		{[]string{"certificate", "CERTIFICATE", "SSL", "TLS", "ssl_context"}, "token", "the scheduler and this machine don't trust each other's certificates", "set distributed.comm.tls (ca-file, client.cert, client.key) here as on the scheduler, and write the address as tls://HOST:PORT"},
		{[]string{"workers arrived", "wait_for_workers", "Only 0/1"}, "engine", "the scheduler has no workers", "start some: dask worker ADDRESS"},
		{[]string{"Timed out trying to connect", "CommClosedError", "connect to"}, "address", "the scheduler doesn't answer as one", "see whether the address is the scheduler's own, not its dashboard's; a scheduler with TLS has tls://HOST:PORT"},
		{[]string{"No module named", "pickle", "unpickl"}, "version", "the scheduler can't read what this machine's Dask sends", "set CORPUSMILL_PYTHON to a Python with the versions of the cluster"},
	},
	"spark": {
		{[]string{"UNAUTHENTICATED", "PERMISSION_DENIED", "nvalid token", "Invalid authentication"}, "token", "the Connect server refuses this machine", "put the server's token into spark_address: sc://HOST:PORT/;token=TOKEN, or set SPARK_CONNECT_AUTHENTICATE_TOKEN"},
		{[]string{"PACKAGE_NOT_INSTALLED", "No module named", "UNSUPPORTED_PACKAGE"}, "python", "this Python lacks a package of Spark Connect", "install pyspark[connect] in the version of the cluster"},
		{[]string{"PYTHON_VERSION_MISMATCH"}, "version", "the executors have another Python than this machine", "set CORPUSMILL_PYTHON to a Python of their version"},
		{[]string{"UNIMPLEMENTED", "INVALID_CONNECT_URL", "Trying to connect an http1.x server"}, "address", "what listens there is no Spark Connect server", "set spark_address to sc://HOST:15002, where start-connect-server.sh runs"},
		{[]string{"UNAVAILABLE", "DEADLINE_EXCEEDED", "failed to connect"}, "address", "the Connect server doesn't answer", "see whether start-connect-server.sh runs there, and whether it uses TLS (;use_ssl=true)"},
	},
	"dashboard": {
		{[]string{" 401 ", " 403 ", "RAY_AUTH_MODE"}, "token", "the dashboard refuses this machine's token, or has got none", "set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH to the file that the cluster was started with"},
		{[]string{"connection refused"}, "address", "nobody listens at ray_address", "start the head with --dashboard-host=0.0.0.0 (it listens on loopback alone otherwise), and give its port, 8265 by default"},
		{[]string{"no such host"}, "address", "the host of ray_address isn't known", "see whether it is spelt right, or give its IP address"},
		{[]string{"deadline exceeded", "timeout", "no route to host", "unreachable"}, "address", "the dashboard can't be reached", "see whether the host is up, and whether a firewall is between"},
		{[]string{" 404 ", "answers GET", "malformed HTTP"}, "address", "what listens there is no dashboard of Ray", "give the dashboard's port, 8265 by default"},
	},
	"slurm": {
		{[]string{"executable file not found"}, "program", "Slurm's commands aren't on this machine", "run this on a login node, or put sbatch, squeue, scancel and scontrol into the PATH"},
		{[]string{"munge", "Munge", "authentication", "Protocol authentication"}, "token", "Slurm doesn't accept this machine's credentials", "see whether munged runs here and has the cluster's key"},
		{[]string{"contact slurm controller", "Connection refused", "timed out", "conf file", "configuration source"}, "address", "Slurm's controller doesn't answer", "see whether slurmctld runs, and whether SLURM_CONF is right here"},
		{[]string{"nvalid partition", "nvalid account", "nvalid qos", "QOS", "nvalid feature", "nvalid constraint"}, "options", "Slurm refuses the job", "mend slurm_options"},
	},
}

// Connect says what keeps a backend from being reached, by its error.
func Connect(backend string, err error) Finding {
	text := err.Error()
	for _, c := range causes[backend] {
		for _, part := range c.parts {
			if strings.Contains(text, part) {
				return Finding{Error, c.check, nil, c.what + ": " + firstLines(text), c.mend}
			}
		}
	}
	return Finding{Error, "engine", nil, firstLines(text), "docs/guide/engines.md tells what this engine needs"}
}

// firstLines is a long error cut short, in one line.
func firstLines(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	const most = 400
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + " …"
	}
	return text
}
