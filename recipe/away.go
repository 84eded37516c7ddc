package recipe

import "strings"

// credentialVariables are the keys of Data-Juicer's S3 credentials and what
// they are in the environment.
var credentialVariables = map[string]string{
	"aws_access_key_id":     "AWS_ACCESS_KEY_ID",
	"aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
	"aws_session_token":     "AWS_SESSION_TOKEN",
	"aws_region":            "AWS_REGION",
	"endpoint_url":          "AWS_ENDPOINT_URL_S3",
}

var credentialKeys = []string{"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_region", "endpoint_url"}

// credentials reads a mapping of S3 credentials.
func (l *loader) credentials(n *node, key string) {
	n = l.resolve(n)
	if n.kind == kindBool && !n.bool {
		return
	}
	if n.kind != kindMap {
		l.fail(n.pos, "write {aws_access_key_id: …, aws_secret_access_key: …}", "%s takes a mapping, not %s", key, n.describe())
		return
	}
	for _, f := range n.fields {
		if !l.credential(f) {
			l.fail(f.pos, l.hint(f.key, credentialKeys), "unknown key %q of %s", clip(f.key), key)
		}
	}
	l.noteSecrets(n)
}

// credential takes a field that is one of S3 credentials.
func (l *loader) credential(f field) bool {
	name, ok := credentialVariables[f.key]
	if !ok || f.value.kind == kindNull {
		return ok
	}
	value, ok := l.string(f.value, f.key)
	if !ok {
		return true
	}
	if was, given := l.out.Credentials[name]; given && was != value {
		l.fail(f.pos, "give one that may read the input and write the result", "%s is given twice, with two values", f.key)
	}
	if l.out.Credentials == nil {
		l.out.Credentials = map[string]string{}
	}
	l.out.Credentials[name] = value
	return true
}

// noteSecrets warns of a secret key in a mapping.
func (l *loader) noteSecrets(n *node) {
	for _, f := range n.fields {
		if f.key == "aws_secret_access_key" && f.value.kind != kindNull {
			l.note(f.pos, "the recipe holds a secret key, which all who may read the recipe get; AWS_SECRET_ACCESS_KEY in the environment, or a profile, keeps it out")
		}
	}
}

func (l *loader) workDir(n *node) {
	l.text(n, "work_dir", &l.out.WorkDir)
	export, given := l.settings["export_path"]
	switch away := given && strings.Contains(export.value.text, "://"); {
	case strings.Contains(l.out.WorkDir, "://"):
		l.fail(n.pos, "name a folder of this machine, or one that all machines share", "work_dir can't be %s", clip(l.out.WorkDir))
	case l.out.WorkDir != "" && !away:
		l.note(n.pos, "work_dir is accepted without effect: %s", runFolder)
	}
}
