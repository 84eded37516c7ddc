package filter

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"corpusmill/op"
	"corpusmill/text"
	"corpusmill/text/wordlist"
)

// wordSource is where a filter finds its list of words.
type wordSource struct {
	kind    string // what the names of the files hold: flagged_words or stopwords
	builtin wordlist.List
	dir     *string
	lang    string
}

// wordList is a list that was found.
type wordList struct {
	set *text.WordSet
	// name is what was asked for, where that may be another thing elsewhere;
	// empty when it can't. where and hash are what was found.
	name, where, hash string
	// missing is set when the built-in list is used.
	missing error
}

// standIn declares the built-in list in place of Data-Juicer's.
func (s wordSource) standIn(w wordList) op.StandIn {
	return op.StandIn{Name: w.where + " for " + s.lang, Hash: w.hash, For: s.kind + ".json", Missing: w.missing}
}

// load finds the words of the language, or of all when there is no list named
// all.
func (s wordSource) load() (w wordList, err error) {
	words, langs := s.builtin.Words, s.builtin.Languages()
	w.where = s.builtin.String()
	remedy := fmt.Sprintf("name a folder that has Data-Juicer's %s.json, which corpusmill models pull %[1]s.json fetches", s.kind)
	w.missing = fmt.Errorf("%s_dir isn't given; %s", s.kind, remedy)
	if s.dir != nil && *s.dir != "" {
		w.name = fmt.Sprintf("the list of %s_dir %s for %s", s.kind, *s.dir, s.lang)
		lists, files, err := s.read(*s.dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			w.missing = fmt.Errorf("%s_dir %s isn't there; %s", s.kind, *s.dir, remedy)
		case err != nil:
			return w, fmt.Errorf("%s_dir: %w", s.kind, err)
		default:
			words = func(lang string) []string { return lists[lang] }
			langs, w.where = slices.Sorted(maps.Keys(lists)), strings.Join(files, ", ")
			w.missing = nil
		}
	}
	var found []string
	switch {
	case slices.Contains(langs, s.lang):
		found = words(s.lang)
	case s.lang == "all":
		for _, l := range langs {
			found = append(found, words(l)...)
		}
	default:
		return w, fmt.Errorf("lang: no words for %q in %s; there are words for %s, and all for all of them", s.lang, w.where, strings.Join(langs, ", "))
	}
	sum := xxh3.HashString128(strings.Join(found, "\n")).Bytes()
	w.set, w.hash = text.NewWordSet(found), hex.EncodeToString(sum[:])
	return w, nil
}

// maxWordFile is the size above which a file is no list of words.
const maxWordFile = 64 << 20

// read returns the lists in the files of dir whose name has the kind in it,
// the words of a language that several have one after the other. The error is
// fs.ErrNotExist when dir is not there.
func (s wordSource) read(dir string) (lists map[string][]string, files []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	lists = map[string][]string{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".json") || !strings.Contains(e.Name(), s.kind) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		files = append(files, path)
		b, err := readWordFile(path)
		if err != nil {
			return nil, nil, err
		}
		var more map[string][]string
		if err := json.Unmarshal(b, &more); err != nil {
			return nil, nil, fmt.Errorf(`%s is not of the form {"language": ["word", ...]}: %v`, path, err)
		}
		for lang, words := range more {
			lists[lang] = append(lists[lang], words...)
		}
	}
	switch {
	case len(files) == 0:
		return nil, nil, fmt.Errorf("%s has no file *%s*.json; put one there, or leave the parameter out to have %s", dir, s.kind, s.builtin)
	case len(lists) == 0:
		return nil, nil, fmt.Errorf("no words in %s", strings.Join(files, ", "))
	}
	return lists, files, nil
}

func readWordFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%v", err) // not that of a folder that isn't there
	}
	if !info.Mode().IsRegular() || info.Size() > maxWordFile {
		return nil, fmt.Errorf("%s is no file of at most %d MiB", path, maxWordFile>>20)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%v", err)
	}
	return b, nil
}

// wordDirDoc says what a folder of lists is.
const wordDirDoc = `A list is a JSON file {"language": ["word", ...]}; several in the folder add up. With lang all, the
words of all languages count, unless a file has a list named all. With ` + "`strict_compat`" + ` the built-in list
is an error.`
