package main

import "runtime/debug"

// versionInfo is what version prints with --json.
type versionInfo struct {
	Version string `json:"version"`
	Go      string `json:"go"`
}

// String is what tells builds apart.
func (v versionInfo) String() string { return v.Version + " (" + v.Go + ")" }

// buildVersion is what the Go toolchain stamped into the binary.
func buildVersion() versionInfo {
	v := versionInfo{Version: "devel"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Go = info.GoVersion
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 && v.Version == "devel" {
			v.Version += "-" + s.Value[:12]
		}
	}
	return v
}
