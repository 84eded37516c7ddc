//go:build ignore

// Command gen writes stopwords.txt and flagged_words.txt from unpacked copies
// of the projects that NOTICE names:
//
//	go run gen.go stopwords-iso.json List-of-Dirty-Naughty-Obscene-and-Otherwise-Bad-Words/
//
// The first is a file {"language": ["word", ...]}, the second a folder with a
// file <language>.json, a list of words, for each.
package main

import (
	"encoding/json"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"corpusmill/text"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: go run gen.go STOPWORDS_FILE FLAGGED_WORDS_FOLDER")
	}
	lists := map[string][]string{}
	read(os.Args[1], &lists)
	write("stopwords.txt", lists)

	clear(lists)
	files, err := filepath.Glob(filepath.Join(os.Args[2], "*.json"))
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range files {
		switch lang := strings.TrimSuffix(filepath.Base(f), ".json"); lang {
		case "package", "package-lock", "bower":
		default:
			var words []string
			read(f, &words)
			lists[lang] = words
		}
	}
	write("flagged_words.txt", lists)
}

func read(path string, into any) {
	b, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		log.Fatal(path, ": ", err)
	}
}

// write has a line for each language: its name and its words between tabs, in
// lower case as the words of a text are, sorted.
func write(path string, lists map[string][]string) {
	var out strings.Builder
	for _, lang := range slices.Sorted(maps.Keys(lists)) {
		words := map[string]bool{}
		for _, w := range lists[lang] {
			words[string(text.AppendLower(nil, text.Trim([]byte(w))))] = true
		}
		out.WriteString(lang)
		for _, w := range slices.Sorted(maps.Keys(words)) {
			if w == "" || strings.ContainsAny(w, "\t\n") {
				log.Fatalf("%s: a word is %q", lang, w)
			}
			out.WriteString("\t" + w)
		}
		out.WriteString("\n")
	}
	if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
		log.Fatal(err)
	}
}
